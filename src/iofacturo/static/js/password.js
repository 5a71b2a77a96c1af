// Show and hide what is typed in a password field. Without this script the field is a plain one.
for (const input of document.querySelectorAll("input[type=password]")) {
  const box = document.createElement("div");
  const button = document.createElement("button");
  box.className = "with-button";
  button.type = "button";
  button.className = "button reveal";
  button.setAttribute("aria-controls", input.id);
  const say = (shown) => {
    input.type = shown ? "text" : "password";
    button.textContent = shown ? "Ocultar" : "Mostrar";
    button.setAttribute("aria-pressed", String(shown));
  };
  input.replaceWith(box);
  box.append(input, button);
  say(false);
  button.addEventListener("click", () => say(input.type === "password"));
  input.form?.addEventListener("submit", () => say(false));
}
