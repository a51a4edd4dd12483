from ansible_collections.azlocal.migrate.tests.lab.test_first_contact_on_lab import *
def test_show(stage, usual):
    sw = stage.bench.lab.switches
    sw.discovery_stuck=True
    found = verdicts(stage.contact())
    print({k:v for k,v in found.items() if v!=usual[k]})
