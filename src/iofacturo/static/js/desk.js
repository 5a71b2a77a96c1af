// The desk by keyboard, and forms that are sent once. Everything works without it.
const keys = document.getElementById("atajos");
if (keys) {
  keys.closest("[hidden]").hidden = false;
  keys.checked = localStorage.getItem("atajos") !== "no";
  keys.addEventListener("change", () => localStorage.setItem("atajos", keys.checked ? "si" : "no"));
}

const unfold = (id) => {
  const details = document.getElementById(id);
  if (!details) return;
  details.open = true;
  details.querySelector("select, input:not([type=hidden]), textarea")?.focus();
  details.scrollIntoView({ block: "center" });
};

const step = (by) => {
  const links = [...document.querySelectorAll("[data-queue] a")];
  const here = links.findIndex((link) => link.hasAttribute("aria-current"));
  links[here < 0 ? 0 : here + by]?.click();
};

const press = (key) => document.querySelector(`[data-key=${key}]`)?.click();

const acts = {
  j: () => step(1),
  k: () => step(-1),
  t: () => press("t"),
  a: () => press("a"),
  d: () => press("d"),
  l: () => press("l"),
  b: () => document.querySelector("#aprobar input:not([type=hidden])")?.focus(),
  c: () => unfold("correccion"),
  x: () => unfold("rechazo"),
  n: () => unfold("nota"),
  p: () => unfold("traspaso"),
};

document.addEventListener("keydown", (event) => {
  if (!keys?.checked || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, select, textarea, [contenteditable]")) return;
  const act = acts[event.key.toLowerCase()];
  if (act) { event.preventDefault(); act(); }
});

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-open]");
  if (opener) { event.preventDefault(); unfold(opener.dataset.open); }
});

for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "yes";
    const button = event.submitter;
    if (button) button.setAttribute("aria-busy", "true");
  });
}
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-once]")) delete form.dataset.sent;
});
document.querySelector(".case [role=alert]")?.focus();
