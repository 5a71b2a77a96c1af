// Keeps the draft while people type. Only a convenience: every button saves too.
const form = document.querySelector("form[data-autosave]");
if (form) {
  const said = document.getElementById("guardado");
  const fields = () => {
    const data = new FormData(form);
    for (const name of ["archivo", "accion", "terminos", "token", "precio"]) data.delete(name);
    return new URLSearchParams(data);
  };
  let before = fields().toString();
  let timer = 0;
  let stopped = false;
  let running = false;

  const save = async () => {
    const now = fields();
    if (stopped || running || now.toString() === before) return;
    running = true;
    try {
      const answer = await fetch(form.dataset.autosave, { method: "POST", body: now, headers: { Accept: "application/json" } });
      if (answer.status === 409) {
        stopped = true;
        said.textContent = (await answer.json()).mensaje ?? "Este borrador cambió en otra parte.";
      } else if (answer.ok) {
        const { version, hora } = await answer.json();
        form.elements.version.value = version;
        before = fields().toString();
        said.textContent = `Guardado a las ${hora}`;
      }
    } catch {
      said.textContent = "Sin conexión: todavía no se ha guardado lo último.";
    } finally {
      running = false;
    }
  };
  form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(save, 1200); });
  form.addEventListener("change", () => { clearTimeout(timer); timer = setTimeout(save, 200); });
  form.addEventListener("submit", () => { clearTimeout(timer); stopped = true; });
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") save(); });
}
