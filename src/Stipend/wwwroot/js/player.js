// <s-player [src="/media/7/position"] data-by="…" data-title="…" data-speed="Speed" data-sleep="Sleep timer" data-off="Off" data-minutes="{0} minutes"><audio …></s-player>
// Speed, sleep timer, the keys of headphones and keyboards; tells src where it is, every 15 seconds at most and when it stops.
customElements.define("s-player", class extends HTMLElement {
  #told = 0; #timer;

  connectedCallback() {
    const media = this.media = this.querySelector("audio, video"), words = this.dataset;
    if (!media || this.bar) return;
    let kept = 1;
    try { kept = +localStorage.speed || 1; } catch { /* the browser keeps nothing */ }
    this.bar = document.createElement("div");
    this.bar.className = "player-bar";
    this.bar.append(
      this.choice(words.speed, [.75, 1, 1.25, 1.5, 1.75, 2].map(s => [s, `${s}×`]), kept, speed => this.speed(speed)),
      this.choice(words.sleep, [[0, words.off], ...[15, 30, 60].map(m => [m, words.minutes.replace("{0}", m)])], 0, minutes => {
        clearTimeout(this.#timer);
        if (minutes) this.#timer = setTimeout(() => media.pause(), minutes * 60000);
      }));
    media.after(this.bar);
    this.speed(kept);
    media.addEventListener("play", () => this.playing());
    media.addEventListener("timeupdate", () => media.paused || Date.now() - this.#told < 15000 || this.tell());
    media.addEventListener("pause", () => this.tell());
    addEventListener("pagehide", () => media.paused || this.tell());
  }

  choice(label, options, chosen, act) {
    const box = document.createElement("label"), select = document.createElement("select");
    for (const [value, text] of options) select.add(new Option(text, value, false, value == chosen));
    select.addEventListener("change", () => act(+select.value));
    box.append(label + " ", select);
    return box;
  }

  speed(speed) {
    this.media.defaultPlaybackRate = this.media.playbackRate = speed;
    try { localStorage.speed = speed; } catch { /* as above */ }
  }

  playing() {
    const media = this.media, keys = navigator.mediaSession;
    this.#told = Date.now();
    for (const other of document.querySelectorAll("audio, video")) if (other !== media) other.pause();
    if (!keys) return;
    keys.metadata = new MediaMetadata({ title: this.dataset.title, artist: this.dataset.by });
    const jump = by => () => { media.currentTime = Math.max(0, media.currentTime + by); };
    for (const [key, act] of [["play", () => media.play()], ["pause", () => media.pause()], ["seekbackward", jump(-10)], ["seekforward", jump(30)]])
      keys.setActionHandler(key, act);
  }

  tell() {
    const { currentTime: at, duration: of } = this.media, src = this.getAttribute("src");
    this.#told = Date.now();
    if (!src) return;
    const body = new URLSearchParams({ at: at.toFixed(1), of: isFinite(of) ? of.toFixed(1) : "" });
    fetch(src, { method: "POST", body, keepalive: true }).catch(() => {}); // the next one tells
  }
});
