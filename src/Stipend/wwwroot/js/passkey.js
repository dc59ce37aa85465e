// <s-passkey data-ask data-send data-kind="create|get" data-return>: a button that makes or uses a passkey.
// Hidden where the browser has no passkeys; every other way of signing in works without this file.
const bytes = text => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), c => c.charCodeAt(0));

const text = buffer => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

const withIds = list => list?.map(item => ({ ...item, id: bytes(item.id) }));

const creationOptions = json => PublicKeyCredential.parseCreationOptionsFromJSON?.(json) ?? {
  ...json, challenge: bytes(json.challenge), user: { ...json.user, id: bytes(json.user.id) }, excludeCredentials: withIds(json.excludeCredentials),
};

const requestOptions = json => PublicKeyCredential.parseRequestOptionsFromJSON?.(json) ?? {
  ...json, challenge: bytes(json.challenge), allowCredentials: withIds(json.allowCredentials),
};

// Some password programs patch credentials without toJSON, so it is written out here.
const toJson = credential => {
  const answer = credential.response, response = { clientDataJSON: text(answer.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"])
    if (answer[name]) response[name] = text(answer[name]);
  if (answer.getTransports) response.transports = answer.getTransports();
  return {
    id: credential.id, rawId: text(credential.rawId), type: credential.type, response,
    authenticatorAttachment: credential.authenticatorAttachment ?? undefined, clientExtensionResults: credential.getClientExtensionResults(),
  };
};

const post = async (path, body) => {
  const answer = await fetch(path, {
    method: "POST", headers: { "Content-Type": "application/json", Accept: "application/json" }, body: JSON.stringify(body ?? {}),
  });
  const json = await answer.json();
  if (!answer.ok) throw new Error(json.title);
  return json;
};

customElements.define("s-passkey", class extends HTMLElement {
  connectedCallback() {
    if (!window.PublicKeyCredential || !navigator.credentials) return;
    this.hidden = false;
    this.querySelector("button").addEventListener("click", () => this.run());
  }

  async run() {
    const button = this.querySelector("button"), status = this.querySelector("[role=status]");
    button.disabled = true;
    status.textContent = "";
    try {
      const json = await post(this.dataset.ask);
      const credential = this.dataset.kind === "create"
        ? await navigator.credentials.create({ publicKey: creationOptions(json) })
        : await navigator.credentials.get({ publicKey: requestOptions(json) });
      const answer = await post(this.dataset.send, { credential: JSON.stringify(toJson(credential)), returnTo: this.dataset.return });
      location.assign(answer.location);
    } catch (error) {
      // NotAllowedError: the person closed the device's question; that needs no words.
      if (error.name !== "NotAllowedError") status.textContent = error.message;
      button.disabled = false;
    }
  }
});
