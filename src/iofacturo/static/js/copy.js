// Copies the compact value of a line, says so on the button and to a screen reader.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const said = document.getElementById("aviso");
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    if (!copied(button.dataset.copy)) {
      said.textContent = "No se pudo copiar. Selecciónelo y cópielo a mano.";
      return;
    }
  }
  button.dataset.copied = "";
  said.textContent = button.dataset.said;
  setTimeout(() => delete button.dataset.copied, 4000);
});
// Browsers without the clipboard on plain http still know the old way.
function copied(text) {
  const area = document.createElement("textarea");
  area.value = text;
  area.setAttribute("readonly", "");
  area.className = "sr";
  document.body.append(area);
  const before = document.activeElement;
  area.select();
  let done = false;
  try { done = document.execCommand("copy"); } catch { done = false; }
  area.remove();
  before?.focus();
  return done;
}
