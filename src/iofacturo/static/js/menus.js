// Closes the header's menus on a click elsewhere and on Escape. They open and close without it too.
const menus = () => document.querySelectorAll("details[name=barra][open]");
document.addEventListener("click", (event) => {
  for (const menu of menus()) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of menus()) { menu.open = false; menu.querySelector("summary").focus(); }
});
