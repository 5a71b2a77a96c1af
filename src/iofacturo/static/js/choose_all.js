// One box that ticks all the boxes of its form.
for (const all of document.querySelectorAll("[data-choose-all]")) {
  const boxes = () => [...all.form.querySelectorAll(`input[name="${all.dataset.chooseAll}"]`)];
  const show = () => {
    const on = boxes().filter((box) => box.checked).length;
    all.checked = on > 0 && on === boxes().length;
    all.indeterminate = on > 0 && on < boxes().length;
  };
  all.addEventListener("change", () => boxes().forEach((box) => { box.checked = all.checked; }));
  all.form.addEventListener("change", (event) => { if (event.target !== all) show(); });
  show();
}
