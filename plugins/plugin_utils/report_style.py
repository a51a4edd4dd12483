# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the report looks, and the little script that filters it. The page reads the same without the script."""

from __future__ import annotations

import base64
import hashlib
from typing import Final

# Stage colours carry white text (light) or dark text (dark), so that counts can stand on them; a test holds the contrast.
LIGHT: Final[dict[str, str]] = {
    "bg": "#f4f5f8", "card": "#ffffff", "ink": "#17202b", "muted": "#556173", "line": "#dde2ea", "soft": "#eef1f6",
    "accent": "#1f4fbf", "on-stage": "#ffffff", "alarm": "#a3211b", "alarm-bg": "#fdecea",
    "done": "#12633b", "verified": "#1b7f4f", "migrated": "#0b7a75", "cutover": "#1f4fbf", "ready": "#5b4bb7",
    "replicating": "#2c74a8", "waiting": "#687488", "back": "#8a5a00", "stopped": "#b3261e", "unknown": "#596273",
    "k-enable": "#8d9bb0", "k-seed": "#4a90c2", "k-failover": "#5b4bb7", "k-power": "#c77700", "k-verify": "#0b8f88",
    "k-complete": "#12633b", "k-other": "#7a8596", "k-failed": "#c22f26",
}  # fmt: skip
DARK: Final[dict[str, str]] = {
    "bg": "#0f141b", "card": "#171e28", "ink": "#e9edf3", "muted": "#a5b1c2", "line": "#2d3848", "soft": "#202936",
    "accent": "#8fb4ff", "on-stage": "#0d131b", "alarm": "#ffb4ab", "alarm-bg": "#41191a",
    "done": "#4fc98a", "verified": "#74d3a2", "migrated": "#4fc7c0", "cutover": "#8fb4ff", "ready": "#b3a6f5",
    "replicating": "#7cbde8", "waiting": "#9ba8ba", "back": "#e0b050", "stopped": "#ff8a80", "unknown": "#a5b1c2",
    "k-enable": "#8290a5", "k-seed": "#5aa5d9", "k-failover": "#a99af5", "k-power": "#f0a93a", "k-verify": "#45c4bb",
    "k-complete": "#4fc98a", "k-other": "#8b96a7", "k-failed": "#ff6f63",
}  # fmt: skip


def _tokens(palette: dict[str, str]) -> str:
    return "".join(f"--{name}:{value};" for name, value in palette.items())


def _per_name(template: str, prefix: str) -> str:
    names = [name for name in LIGHT if name.startswith("k-")] if prefix == "k" else _STAGES
    return "".join(template.replace("NAME", name) for name in names)


_STAGES = ("done", "verified", "migrated", "cutover", "ready", "replicating", "waiting", "back", "stopped", "unknown")

_RULES = """
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",
"DejaVu Sans",sans-serif;overflow-wrap:anywhere}
.page{max-width:1200px;margin:0 auto;padding:28px 24px 48px}
a{color:var(--accent)}
h1{font-size:29px;line-height:1.2;letter-spacing:-.015em;margin:4px 0 8px;text-wrap:balance}
h2{font-size:19px;line-height:1.3;margin:0 0 4px}
h3{font-size:14px;margin:18px 0 6px}
p{margin:0 0 8px}
.kicker{color:var(--muted);font-size:13px;font-weight:600;margin:0}
.muted,.lead{color:var(--muted)}
.lead{margin:0 0 14px;max-width:75ch}
.small{font-size:13px}
.num{font-variant-numeric:tabular-nums}
.card{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:20px 22px;margin:18px 0}
.alarm{background:var(--alarm-bg);border:2px solid var(--alarm);color:var(--alarm);border-radius:12px;padding:14px 20px;
margin:16px 0;font-weight:600}
.alarm ul{margin:6px 0 0;padding-left:20px}
.facts{display:flex;flex-wrap:wrap;gap:4px 24px;margin:10px 0 0;padding:0;list-style:none;color:var(--muted);font-size:13px}
.facts b{color:var(--ink);font-weight:600}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(172px,1fr));gap:12px;margin:18px 0;padding:0}
.figures div{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:14px 16px}
.figures dt{color:var(--muted);font-size:13px}
.figures dd{margin:0;font-size:23px;white-space:nowrap;line-height:1.25;font-weight:650;letter-spacing:-.01em;font-variant-numeric:tabular-nums}
.figures dd.note{white-space:normal;font-size:13px;font-weight:400;color:var(--muted);letter-spacing:0}
.bar{display:flex;gap:2px;height:34px;border-radius:8px;overflow:hidden;margin:12px 0 10px}
.bar span{display:flex;align-items:center;justify-content:center;color:var(--on-stage);font-weight:650;font-size:14px;
min-width:26px;font-variant-numeric:tabular-nums}
.bar.thin{height:8px;border-radius:4px;margin:8px 0 14px}.bar.thin span{min-width:4px;font-size:0}
.legend{display:flex;flex-wrap:wrap;gap:4px 18px;margin:0;padding:0;list-style:none;font-size:13px}
table+.legend{margin-top:14px}
.legend b{font-variant-numeric:tabular-nums}
.key{display:inline-block;width:11px;height:11px;border-radius:3px;margin-right:7px;vertical-align:-1px}
.key.k-power{width:4px;margin-right:8px}
.key.left-out{width:21px;height:3px;border-radius:0;vertical-align:3px;background:radial-gradient(circle,var(--muted) 1.4px,transparent 1.6px) 0 0/7px 3px}
.scroll{overflow-x:auto}
table{width:100%;border-collapse:collapse;font-size:14px}
th,td{text-align:left;vertical-align:top;padding:9px 14px 9px 0;border-bottom:1px solid var(--line)}
th:last-child,td:last-child{padding-right:0}
tr:last-child td,tbody tr:last-child th{border-bottom:0}
thead th{color:var(--muted);font-size:12.5px;font-weight:600;vertical-align:bottom;padding-top:0}
tbody th{font-weight:600}
td.r,th.r{text-align:right;font-variant-numeric:tabular-nums}
.sub{display:block;color:var(--muted);font-size:13px;font-weight:400}
.chip{display:inline-flex;align-items:baseline;gap:7px;font-weight:600;font-size:13.5px}
.chip i{flex:none;width:9px;height:9px;border-radius:50%}
.do{font-weight:500}
code{font:12.5px/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;background:var(--soft);
border-radius:4px;padding:1px 5px}
table.wave{table-layout:fixed}
.wave .c-vm{width:19%}.wave .c-phase{width:17%}.wave .c-down{width:13%}.wave .c-checks{width:11%}
.strip{display:block;width:100%;height:24px}
.strip .rail{fill:var(--line)}.strip .gap{fill:url(#left-out)}
.strip .failed{fill:url(#failed)}.strip .on{fill:url(#going)}
.strip line{stroke-width:3;vector-effect:non-scaling-stroke}
.axis{display:block;position:relative;height:17px;font-size:11.5px;font-weight:400;color:var(--muted)}
.axis span{position:absolute;white-space:nowrap;font-variant-numeric:tabular-nums;border-left:1px solid var(--line);padding-left:4px}
.axis span.end{transform:translateX(-100%);border-left:0;border-right:1px solid var(--line);padding:0 4px 0 0}
.downs{table-layout:fixed}.downs .c-vm{width:20%}.downs .c-time{width:17%}.downs .c-how{width:27%}
.meter{display:block;height:14px;border-radius:4px;background:var(--k-failover);min-width:2px}
.ok{color:var(--verified)}.bad{color:var(--stopped);font-weight:600}
details{border-top:1px solid var(--line)}
details summary{cursor:pointer;padding:11px 2px;display:flex;flex-wrap:wrap;gap:4px 16px;align-items:baseline}
details summary::before{content:"\\25B8";color:var(--muted);width:1em}
details[open]>summary::before{content:"\\25BE"}
details summary::-webkit-details-marker{display:none}
summary b{font-size:15px}
summary .muted{font-size:13px}
.inside{padding:2px 0 18px 1.6em}
:target>summary,:target{background:var(--soft)}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.pairs{display:grid;grid-template-columns:repeat(auto-fill,minmax(250px,1fr));gap:8px 22px;margin:0 0 12px}
.pairs dt{color:var(--muted);font-size:12.5px}.pairs dd{margin:0}
ol.events{margin:8px 0 0;padding:0;list-style:none}
ol.events li{display:flex;gap:10px;padding:4px 0}
ol.events .key{flex:none;margin:6px 0 0}
.filter{display:flex;gap:10px;align-items:center;margin:18px 0 0;font-size:14px}
.filter[hidden]{display:none}
.filter input{flex:1;max-width:340px;font:inherit;color:inherit;background:var(--card);border:1px solid var(--muted);
border-radius:8px;padding:7px 11px}
.skip{position:absolute;left:-9999px}.skip:focus{left:8px;top:8px;background:var(--card);padding:8px}
.out{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
footer{color:var(--muted);font-size:13px;margin-top:26px}
@media (max-width:720px){
.page{padding:18px 14px 32px}h1{font-size:23px}.card{padding:16px 15px}
.figures{grid-template-columns:1fr 1fr;gap:10px}.figures dd{font-size:20px}.figures div{padding:11px 13px}
table.cards,table.cards tbody,table.cards tr,table.cards td,table.cards th[scope=row]{display:block;width:auto;text-align:left}
table.cards thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
table.cards colgroup{display:none}
table.cards tr{border-bottom:1px solid var(--line);padding:10px 0}
table.cards tr:last-child{border-bottom:0}
table.cards td,table.cards th[scope=row]{border:0;padding:3px 0}
table.cards th[scope=row]{font-size:15px}
table.cards td[data-label]::before{content:attr(data-label);display:block;color:var(--muted);font-size:12px}
table.cards td:empty{display:none}
.inside{padding-left:0}
.axis span:nth-child(even){display:none}
}
@media print{
body{background:#fff;font-size:11px}.page{max-width:none;padding:0}.card,.figures div{border-color:#bbb;break-inside:auto;padding:10px 0;border-width:0 0 1px}
.filter,.skip,details summary::before{display:none}tr,li,.figures,.bar,h2,h3{break-inside:avoid}h2,h3,summary{break-after:avoid}
thead{display:table-header-group}a{color:inherit;text-decoration:none}
details::details-content{content-visibility:visible;display:block;height:auto}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
}
"""

SCRIPT: Final = """
(function(){
var box=document.getElementById("filter"),word=document.getElementById("word"),said=document.getElementById("said");
box.hidden=false;
function run(){
var wanted=word.value.trim().toLowerCase(),seen={},all={};
document.querySelectorAll("[data-vm]").forEach(function(part){
var hit=part.textContent.toLowerCase().indexOf(wanted)>=0;
part.hidden=!hit;all[part.dataset.vm]=1;if(hit)seen[part.dataset.vm]=1;
});
said.textContent=wanted?Object.keys(seen).length+" of "+Object.keys(all).length+" VMs":"";
}
word.addEventListener("input",run);
function reveal(){var part=location.hash.length>1&&document.getElementById(location.hash.slice(1));
if(part&&part.tagName==="DETAILS")part.open=true;}
addEventListener("hashchange",reveal);reveal();
addEventListener("beforeprint",function(){document.querySelectorAll("details").forEach(function(d){d.open=true;});});
})();
"""

STYLE: Final = (
    f":root{{color-scheme:light dark;{_tokens(LIGHT)}}}"
    f"@media (prefers-color-scheme:dark){{:root{{{_tokens(DARK)}}}}}"
    f"@media print{{:root{{color-scheme:light;{_tokens(LIGHT)}}}}}"
    + _per_name(".s-NAME{background:var(--NAME)}", "s")
    + _per_name(".strip .NAME{fill:var(--NAME);stroke:var(--NAME)}.key.NAME{background:var(--NAME)}", "k")
    + _RULES
)

# Only this very script may run in the page, and nothing may be fetched by it.
POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; script-src 'sha256-"
    + base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    + "'"
)
