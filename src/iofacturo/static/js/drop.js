// Files that are dropped or chosen are sent at once. Without this script the form has a button.
for (const zone of document.querySelectorAll("[data-drop]")) {
  const input = zone.querySelector("input[type=file]");
  const words = zone.querySelector(".uploading");
  const biggest = 40 * 1024 * 1024 - 4096;
  const most = 200;

  const say = (message, bad) => {
    words.hidden = false;
    words.textContent = message;
    words.classList.toggle("error", bad);
    zone.toggleAttribute("data-invalid", bad);
  };

  const send = () => {
    const files = [...input.files];
    if (!files.length) return;
    const size = files.reduce((sum, file) => sum + file.size, 0);
    if (files.length > most || size > biggest) {
      input.value = "";
      return say(files.length > most
        ? `Son ${files.length} archivos: suba hasta ${most} a la vez, o póngalos en un ZIP.`
        : "Juntos pesan más de 40 MB: súbalos en partes.", true);
    }
    say(files.length === 1 ? `Revisando ${files[0].name}…` : `Revisando ${files.length} archivos…`, false);
    input.form.requestSubmit();
  };

  input.addEventListener("change", send);
  for (const kind of ["dragover", "dragleave", "drop"]) {
    zone.addEventListener(kind, (event) => {
      event.preventDefault();
      if (kind === "dragover") zone.dataset.over = ""; else delete zone.dataset.over;
      if (kind === "drop" && event.dataTransfer.files.length) {
        input.files = event.dataTransfer.files;
        send();
      }
    });
  }
}
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
