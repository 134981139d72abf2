// Saves without loading the page anew. Whoever's browser doesn't run it sends the same form by the same button.
(() => {
  "use strict";
  const main = document.querySelector("main");
  let busy = false;

  function tell(form, text) {
    const told = document.createElement("p");
    told.className = "told wrong";
    told.id = "told";
    told.tabIndex = -1;
    told.setAttribute("role", "alert");
    told.textContent = text;
    document.getElementById("told")?.remove();
    form.before(told);
    told.focus();
  }

  async function send(form, button) {
    const fields = new URLSearchParams(new FormData(form));
    fields.set(button.name, button.value);
    const answer = await fetch(location.href, {
      method: "POST",
      body: fields,
      signal: AbortSignal.timeout(20000),
    });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const found = page.querySelector("main");
    if (!found) throw new Error("no page of ours");
    main.replaceChildren(...found.childNodes);
    document.title = page.title;
    const told = document.getElementById("told") || main.querySelector("h1");
    told.tabIndex = -1;
    told.focus();
  }

  main.addEventListener("submit", async (event) => {
    const form = event.target;
    const button = event.submitter;
    if (!button || !form.dataset.busy) return;
    event.preventDefault();
    if (busy) return;
    busy = true;
    const label = button.textContent;
    button.textContent = form.dataset.busy;
    button.setAttribute("aria-disabled", "true");
    main.setAttribute("aria-busy", "true");
    try {
      await send(form, button);
    } catch {
      tell(form, form.dataset.failed);
    }
    button.textContent = label;
    button.removeAttribute("aria-disabled");
    main.removeAttribute("aria-busy");
    busy = false;
  });
})();
