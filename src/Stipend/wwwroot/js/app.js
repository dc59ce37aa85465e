// Starts what a page uses. Everything works without it.
// The reader's time zone, so that the next page can write times in it.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && !document.cookie.split("; ").includes(`zone=${encodeURIComponent(zone)}`))
  document.cookie = `zone=${encodeURIComponent(zone)}; path=/; max-age=31536000; samesite=lax`;

// A custom element's module is loaded when the page has one.
for (const name of ["autosave", "copy", "gallery", "markdown", "passkey", "player", "preview", "progress", "upload", "video"])
  if (document.querySelector(`s-${name}`)) import(`stipend/${name}`);

// A form with data-in-place="id" changes one small thing and may be sent twice without harm: that part of the page is drawn anew from the
// answer, and nothing else moves, nor is what is typed elsewhere lost.
document.addEventListener("submit", async event => {
  const form = event.target, id = form.dataset.inPlace;
  if (!id) return;
  event.preventDefault();
  if (form.dataset.sent) return;
  form.dataset.sent = "yes";
  try {
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form, event.submitter)), headers: { Accept: "text/html" } });
    const fresh = answer.ok && new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(id);
    if (answer.ok && !fresh) return location.reload(); // done, and its place on the page is another by now
    if (!fresh) throw new Error(answer.status);
    const old = document.getElementById(id), focused = old.contains(document.activeElement);
    old.replaceWith(fresh);
    if (focused) fresh.querySelector("button")?.focus();
  } catch {
    delete form.dataset.sent;
    delete form.dataset.inPlace;
    form.requestSubmit(event.submitter); // the whole page says what is wrong
  }
});

// One press, one post: a slow answer must not tempt anybody to press twice.
document.addEventListener("submit", event => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "yes";
  addEventListener("pageshow", () => delete form.dataset.sent, { once: true });
});

// Of tabs that do not fit, the present one is in sight.
for (const tab of document.querySelectorAll(".tabs [aria-current]")) {
  const tabs = tab.closest(".tabs");
  tabs.scrollLeft = tab.offsetLeft - tabs.offsetLeft - (tabs.clientWidth - tab.offsetWidth) / 2;
}

// Whoever opens a form that stands under something goes on typing in it.
document.addEventListener("toggle", event => event.newState === "open" && event.target.matches(".comment-write") && event.target.querySelector("textarea").focus(), true);

// The account menu closes when one presses elsewhere or Escape.
const closeMenus = except => document.querySelectorAll("details.menu[open]").forEach(menu => menu !== except && (menu.open = false));
document.addEventListener("click", event => closeMenus(event.target.closest("details.menu")));
document.addEventListener("keydown", event => event.key === "Escape" && closeMenus());
