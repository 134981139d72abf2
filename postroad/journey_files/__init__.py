"""From journeys/<name>.yaml to plans: what stands in the files, and what is wrong in them."""
