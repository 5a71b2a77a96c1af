// Passkeys: shows their forms where the browser knows them, and says in words what went wrong.
const WORDS = {
  NotAllowedError: "No se completó. Pruebe otra vez y confirme en el aparato.",
  InvalidStateError: "Esta llave ya está en su cuenta.",
  NotSupportedError: "Este aparato no sirve como llave. Pruebe con otro.",
  SecurityError: "Las llaves solo funcionan en la dirección segura del portal.",
};
if (window.PublicKeyCredential) {
  for (const form of document.querySelectorAll("form.passkey")) form.hidden = false;
}
document.addEventListener("allauth.error", (event) => {
  const place = document.getElementById("passkey_error");
  if (!place) return;
  event.preventDefault();
  const name = event.detail.exception?.name;
  place.querySelector("span").textContent = WORDS[name] ?? "No pudimos usar la llave. Pruebe otra vez.";
  place.hidden = false;
});
