// The editor, quicker: saves and adds up while people type, searches as they type, swaps the page
// in place instead of loading it anew. Every button works without this script.
const WHOLE = new Set(["emitir", "duplicar", "descartar", "salir", "proforma"]);
const editor = () => document.querySelector("form[data-editor]");
const say = (text) => { document.getElementById("aviso").textContent = text; };
const parsed = (html) => new DOMParser().parseFromString(html, "text/html");
let saving = Promise.resolve();
let timer = 0;
let asking = 0;
let stopped = false;
let native = false;
let before = "";
let next = ""; // the button that was pressed while the page was being saved

const sent = (form, act) => {
  const data = new URLSearchParams(new FormData(form));
  data.set("accion", act);
  return data;
};
const contents = (form) => {
  const data = sent(form, "");
  for (const name of ["version", "csrfmiddlewaretoken", "buscar_cliente", "buscar_producto"]) data.delete(name);
  return data.toString();
};

// -- saving and adding up

const swapParts = (page) => {
  for (const part of page.querySelectorAll("[data-part]")) {
    const here = document.getElementById(part.id);
    if (here && !here.isEqualNode(part)) here.replaceWith(part);
  }
  for (const field of editor().querySelectorAll(".lines :is(input, select, textarea)")) {
    const error = document.getElementById(`${field.id}:e`);
    if (error) {
      field.setAttribute("aria-invalid", "true");
      field.setAttribute("aria-describedby", error.id);
    } else {
      field.removeAttribute("aria-invalid");
    }
  }
};

const keep = async () => {
  const form = editor();
  const now = contents(form);
  if (stopped || now === before || form.dataset.busy) return; // a button is being answered: it saved what it sent
  try {
    const answer = await fetch(form.action, { method: "POST", body: sent(form, "calcular") });
    if (answer.status === 409) stopped = true;
    if (!answer.ok && answer.status !== 409) return;
    const page = parsed(await answer.text());
    if (form !== editor()) return;
    const version = page.querySelector("input[name=version]");
    if (version) form.elements.version.value = version.value;
    before = now;
    swapParts(page);
  } catch {
    document.getElementById("guardado").textContent = "Sin conexión: todavía no se ha guardado lo último.";
  }
};
const keepSoon = (wait) => {
  clearTimeout(timer);
  timer = setTimeout(() => { saving = saving.then(keep); }, wait);
};

// -- buttons

const show = (page, url) => {
  const focused = document.activeElement?.id;
  const main = document.getElementById("contenido");
  main.replaceWith(document.adoptNode(page.getElementById("contenido")));
  document.title = page.title;
  history.replaceState(null, "", url);
  begin();
  const wanted = editor().querySelector("[data-focus]")?.dataset.focus || decodeURIComponent(new URL(url).hash.slice(1)) || focused;
  const target = (wanted && document.getElementById(wanted)) || document.getElementById("guardado");
  target?.focus({ preventScroll: true });
  target?.scrollIntoView({ block: "nearest" });
  target?.select?.();
  const alert = editor().querySelector(".banner[role=alert]");
  if (alert) say(alert.textContent.trim().slice(0, 200));
};

// Nothing on the page is unsaved: the server has it all, and only needs to know which version.
const issueSaved = (form) => {
  const lean = document.createElement("form");
  [lean.method, lean.action, lean.hidden] = ["post", form.dataset.emitir, true];
  for (const name of ["csrfmiddlewaretoken", "empresa", "version", "desde", "linea", "recordar_cliente"]) {
    const held = new FormData(form).get(name);
    if (held !== null) lean.append(Object.assign(document.createElement("input"), { name, value: held }));
  }
  document.body.append(lean);
  lean.submit();
};

const press = async (form, button) => {
  const act = button?.value || "guardar";
  clearTimeout(timer);
  await saving;
  await new Promise((done) => { setTimeout(done); }); // a form takes no second submission inside its first
  if (WHOLE.has(act.split(":")[0])) {
    native = true;
    if (act === "emitir" && form.dataset.emitir && !stopped && contents(form) === before) {
      issueSaved(form);
      return;
    }
    form.requestSubmit(button);
    return;
  }
  const data = sent(form, act);
  const answer = await fetch(form.action, { method: "POST", body: data });
  const page = parsed(await answer.text());
  if (!page.querySelector("form[data-editor]")) {
    location.assign(answer.url);
    return;
  }
  const meanwhile = act === "guardar" ? typedSince(form, data) : [];
  const pressed = act === "guardar" ? next : "";
  next = "";
  show(page, answer.redirected ? answer.url : location.href);
  retype(meanwhile);
  if (pressed) editor().querySelector(`button[value="${CSS.escape(pressed)}"]`)?.click();
};

// Saving may be asked for by a field that was left: whoever types on while it travels loses nothing.
const typedSince = (form, data) => [...form.elements]
  .filter((field) => field.id && field.name && field.matches("input:not([type=hidden], [type=checkbox], [type=radio]), select, textarea"))
  .filter((field) => field.value !== (data.get(field.name) ?? "").replaceAll("\r\n", "\n"))
  .map((field) => [field.id, field.value, field === document.activeElement]);
const retype = (fields) => {
  for (const [id, value, focused] of fields) {
    const field = document.getElementById(id);
    if (!field) continue;
    field.value = value;
    if (!focused) continue;
    field.focus({ preventScroll: true });
    if (field.matches("textarea, input[type=text], input:not([type])")) field.setSelectionRange(value.length, value.length);
  }
  if (fields.length) keepSoon(250);
};

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form !== editor()) return;
  if (native) {
    event.submitter?.setAttribute("aria-busy", "true");
    return;
  }
  event.preventDefault();
  if (form.dataset.busy) {
    next = event.submitter?.value || next;
    return;
  }
  form.dataset.busy = "1";
  event.submitter?.setAttribute("aria-busy", "true");
  press(form, event.submitter).catch(() => {
    native = true;
    form.requestSubmit(event.submitter);
  });
});

// -- searching while typing

const row = (kind, field, one) => {
  const button = document.createElement("button");
  button.className = "pick";
  button.name = "accion";
  const strong = document.createElement("b");
  const rest = document.createElement("span");
  rest.className = "hint";
  if (kind === "clientes") [button.value, strong.textContent, rest.textContent] = [`cliente:${one.id}`, one.nombre, [one.cedula, one.correo].filter(Boolean).join(" · ")];
  if (kind === "productos") [button.value, strong.textContent, rest.textContent] = [`producto:${one.id}`, one.detalle, [one.codigo, `${one.moneda} ${one.precio}`].filter(Boolean).join(" · ")];
  if (kind === "cabys") [button.value, strong.textContent, rest.textContent] = [`cabys:${field.dataset.line}:${one.codigo}`, one.codigo, one.descripcion + (one.porcentaje ? ` · IVA ${one.porcentaje} %` : "")];
  button.append(strong, rest);
  const item = document.createElement("li");
  item.append(button);
  return item;
};

const find = async (field) => {
  const kind = field.dataset.find;
  const words = field.value.trim();
  const place = field.closest(".line") ?? field.closest(".line-tools") ?? field.closest(".field");
  place.querySelector("[data-live]")?.remove();
  const enough = kind === "cabys" ? words.length > 2 && !/^\d{13}$/.test(words) : words.length > 1;
  if (!enough) return;
  const turn = ++asking;
  const answer = await fetch(`${editor().dataset[kind]}?q=${encodeURIComponent(words)}`);
  if (!answer.ok || turn !== asking || document.activeElement !== field) return;
  const { results } = await answer.json();
  const found = document.createElement("div");
  found.className = "found";
  found.dataset.live = "";
  const list = document.createElement("ul");
  list.className = "choices";
  list.append(...results.slice(0, 8).map((one) => row(kind, field, one)));
  if (!results.length) return;
  found.append(list);
  place.append(found);
  say(`${results.length} resultados. Baje con la flecha para elegir.`);
};

let finding = 0;
document.addEventListener("input", (event) => {
  const form = editor();
  if (!form?.contains(event.target)) return;
  if (event.target.dataset.find) {
    clearTimeout(finding);
    finding = setTimeout(() => find(event.target).catch(() => {}), 250);
  }
  if (!event.target.name?.startsWith("buscar_")) keepSoon(900);
});
document.addEventListener("change", (event) => {
  const form = editor();
  if (!form?.contains(event.target)) return;
  const code = event.target.dataset.find === "cabys" && /^\d{13}$/.test(event.target.value.trim());
  const untaxed = code && document.getElementById(`L${event.target.dataset.line}/iva`)?.value === "";
  if ("reload" in event.target.dataset || untaxed) form.requestSubmit(form.querySelector("button[value=guardar]"));
  else if (!event.target.name?.startsWith("buscar_")) keepSoon(250);
});

document.addEventListener("keydown", (event) => {
  const form = editor();
  if (!form) return;
  const command = event.ctrlKey || event.metaKey;
  if (command && event.key === "Enter") {
    event.preventDefault();
    form.requestSubmit(form.querySelector("[data-shortcut=line]"));
  } else if (command && event.key.toLowerCase() === "s") {
    event.preventDefault();
    form.requestSubmit(form.querySelector("[data-shortcut=save]"));
  } else if (event.key === "Escape") {
    const live = document.querySelector("[data-live]");
    if (live) {
      const back = live.parentElement.querySelector("[data-find]");
      live.remove();
      back?.focus();
    }
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    const live = document.querySelector("[data-live]");
    if (!live || !live.parentElement.contains(event.target) || event.target.tagName === "SELECT") return;
    const picks = [...live.querySelectorAll(".pick")];
    const next = picks.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1);
    event.preventDefault();
    (picks[next] ?? live.parentElement.querySelector("[data-find]")).focus();
  }
});
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden" && editor() && !native) saving = saving.then(keep);
});

const begin = () => {
  before = contents(editor());
  stopped = false;
  const wanted = editor().querySelector("[data-focus]")?.dataset.focus;
  if (wanted) document.getElementById(wanted)?.focus();
};
if (editor()) begin();
