// Before anything is painted: the theme that this reader chose earlier, if any.
"use strict";
{
  let chosen = null;
  try {
    chosen = localStorage.getItem("postroad-theme");
  } catch {
    // Storage is switched off: the system's theme it is.
  }
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
}
