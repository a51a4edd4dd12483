import cProfile,pstats
from ansible_collections.azlocal.migrate.tests.harness.test_estate_killed import test_a_finished_programme as t
def test_x(tmp_path):
    p=cProfile.Profile(); p.enable(); t(tmp_path); p.disable()
    pstats.Stats(p).sort_stats("cumtime").print_stats(45)
