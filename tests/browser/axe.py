"""axe-core, run by `evaluate`: a strict content security policy stops script elements, not the debugger."""

import json
from collections.abc import Collection
from pathlib import Path

from playwright.sync_api import Frame, Page

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
GRAVE = frozenset({"serious", "critical"})
_RUN = """
async ([rules, off]) => {
  const options = {
    resultTypes: ["violations"],
    rules: Object.fromEntries(off.map((rule) => [rule, { enabled: false }])),
    iframes: false,
  };
  if (rules.length) options.runOnly = { type: "rule", values: rules };
  const { violations } = await axe.run(document, options);
  return JSON.stringify(violations.map((each) => ({
    rule: each.id,
    impact: each.impact,
    help: each.help,
    at: each.nodes.map((node) => `${node.target.join(" ")}: ${node.failureSummary}`),
  })));
}
"""


def grave_faults(page: Page | Frame, *, rules: Collection[str] = (), off: Collection[str] = ()) -> list[str]:
    """Return what axe calls serious or critical, a sentence for each place; `rules` alone where given."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found = json.loads(page.evaluate(_RUN, [[*rules], [*off]]))
    return [
        f"{each['rule']} ({each['help']}) at {place}"
        for each in found
        if each["impact"] in GRAVE
        for place in each["at"]
    ]
