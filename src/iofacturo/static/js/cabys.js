// CAByS codes as one types. Without this script the button beside the box asks for them.
for (const finder of document.querySelectorAll("[data-cabys]")) {
  const form = finder.closest("form");
  const box = finder.querySelector("input");
  const list = finder.querySelector(".cabys-codes");
  const code = form.elements.cabys;
  const told = form.querySelector("[data-cabys-text]");
  const status = document.getElementById("aviso");
  let asked = 0;
  let timer;

  const percent = (one) => one.porcentaje === "" ? "–" : one.porcentaje === "0" ? "Exento" : `${one.porcentaje.replace(".", ",")} %`;

  const choose = (one) => {
    code.value = one.codigo;
    told.textContent = one.descripcion;
    if (one.tarifa && form.elements.tarifa_iva) form.elements.tarifa_iva.value = one.tarifa;
    list.replaceChildren();
    status.textContent = `Elegido ${one.codigo}, ${one.descripcion}, IVA ${percent(one)}`;
    code.focus();
  };

  const show = (results, words, note) => {
    list.replaceChildren(...results.map((one) => {
      const item = document.createElement("li");
      const button = document.createElement("button");
      button.type = "button";
      button.className = "cabys-code";
      for (const [name, text] of [["mono", one.codigo], ["", one.descripcion], ["rate", percent(one)]]) {
        const part = document.createElement("span");
        if (name) part.className = name;
        part.textContent = text;
        button.append(part);
      }
      button.addEventListener("click", () => choose(one));
      item.append(button);
      return item;
    }));
    status.textContent = results.length
      ? `${results.length} códigos para «${words}»`
      : note || `Nada en el catálogo coincide con «${words}»`;
  };

  const ask = async () => {
    const words = box.value.trim();
    const turn = ++asked;
    if (words.length < 2) return list.replaceChildren();
    try {
      const answer = await fetch(`${finder.dataset.cabys}?q=${encodeURIComponent(words)}`, { headers: { Accept: "application/json" } });
      if (!answer.ok || turn !== asked) return;
      const data = await answer.json();
      if (turn === asked) show(data.results, words, data.aviso);
    } catch { /* the button still works */ }
  };

  box.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, 180);
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter") {
      event.preventDefault();
      ask();
    }
    if (event.key === "ArrowDown") {
      event.preventDefault();
      list.querySelector("button")?.focus();
    }
  });
  list.addEventListener("keydown", (event) => {
    const buttons = [...list.querySelectorAll("button")];
    const at = buttons.indexOf(document.activeElement);
    if (event.key === "ArrowDown") buttons[at + 1]?.focus();
    else if (event.key === "ArrowUp") (buttons[at - 1] || box).focus();
    else if (event.key === "Escape") box.focus();
    else return;
    event.preventDefault();
  });
}
