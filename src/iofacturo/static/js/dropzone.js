// A chosen or dropped file is sent at once, with its progress in words. Without this script the
// form has a button for it, and sending the form sends the file too.
for (const zone of document.querySelectorAll("[data-upload]")) {
  const input = zone.querySelector("input[type=file]");
  const form = zone.closest("form");
  const box = zone.querySelector(".uploading");
  const bar = box.querySelector("progress");
  const words = box.querySelector("[role=status]");
  const biggest = 15 * 1024 * 1024;

  const complain = (message) => {
    box.hidden = true;
    let error = document.getElementById("archivo-e");
    if (!error) {
      error = document.createElement("p");
      error.className = "error";
      error.id = "archivo-e";
      zone.parentElement.before(error);
    }
    error.textContent = message;
    zone.dataset.invalid = "";
    input.setAttribute("aria-invalid", "true");
    input.setAttribute("aria-describedby", "archivo-e archivo-h");
    input.value = "";
    document.getElementById("aviso").textContent = message;
  };

  const send = () => {
    const file = input.files[0];
    if (!file) return;
    if (file.size > biggest) return complain(`El archivo «${file.name}» pesa más de 15 MB. Envíe una captura de pantalla o solo la página de la transferencia.`);
    const data = new FormData(form);
    data.set("accion", "subir");
    const size = (file.size / 1024 / 1024).toLocaleString("es-CR", { maximumFractionDigits: 1 });
    box.hidden = false;
    bar.value = 0;
    words.textContent = `Subiendo ${file.name}, ${size} MB`;
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    request.upload.onprogress = (event) => {
      if (!event.lengthComputable) return;
      const part = Math.round((100 * event.loaded) / event.total);
      bar.value = part;
      words.textContent = part < 100 ? `Subiendo: ${part} % de ${size} MB` : "Revisando el archivo…";
    };
    request.onerror = () => complain("No se pudo subir: revise su conexión y elíjalo de nuevo.");
    request.onload = () => {
      let answer = {};
      try { answer = JSON.parse(request.responseText); } catch { answer = {}; }
      if (request.status === 200) {
        input.value = ""; // some browsers keep the choice over a reload
        location.hash = "prueba";
        location.reload();
      } else {
        complain(answer.mensaje ?? "No se pudo subir el archivo. Recargue la página e inténtelo de nuevo.");
      }
    };
    request.send(data);
  };

  input.addEventListener("change", send);
  if (input.files.length) send(); // chosen before this script was here
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
// While a form is on its way its button says so; it is never disabled before that.
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (!button?.dataset.sending) return;
  if (button.getAttribute("aria-busy") === "true") { event.preventDefault(); return; }
  button.setAttribute("aria-busy", "true");
  button.textContent = button.dataset.sending;
});
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
