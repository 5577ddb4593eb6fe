// The player's own row: adds to the browser's controls, replaces nothing.
// Without this script the page still plays, jumps to its anchors and can be read.
const root = document.documentElement;
root.classList.add("js");

const player = document.querySelector(".player");
const video = player?.querySelector("video");
const status = document.querySelector("[data-status]");

// links to questions, also where nothing can be played yet
for (const line of document.querySelectorAll(".share")) line.hidden = false;
for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", async () => {
    const address = new URL(button.dataset.copy, location.href).href;
    try {
      await navigator.clipboard.writeText(address);
      say(status.dataset.copied);
    } catch {
      say(`${status.dataset.copyFailed} ${address}`, 30_000);
    }
  });
}

let silence;
function say(text, forMs = 4_000) {
  status.textContent = text;
  clearTimeout(silence);
  silence = setTimeout(() => { status.textContent = ""; }, forMs);
}

if (video) {
  const find = (name) => document.querySelector(`[data-do="${name}"]`);
  const captions = [...video.textTracks].find((track) => track.kind === "captions");
  const buttons = { play: find("play"), captions: find("captions"), follow: find("follow") };
  const quality = find("quality");
  const now = player.querySelector(".now");
  const marks = [...document.querySelectorAll("li[data-start]")].map((item) => ({
    item,
    start: Number(item.dataset.start),
    end: Number(item.dataset.end),
    text: [item.querySelector(".question-ref")?.firstChild.textContent.replace("·", "").trim(),
      item.querySelector(".question-text").textContent].filter(Boolean).join(": "),
  }));
  const lines = [...document.querySelectorAll(".transcript p[id]")];
  const starts = lines.map((line) => secondOf(line.id));

  for (const part of player.querySelectorAll(".controls, .keys")) part.hidden = false;
  if (buttons.follow) buttons.follow.parentElement.hidden = false;

  function secondOf(anchor) {
    const found = /^t(\d+)(-\d+)?$/.exec(anchor);
    return found ? Number(found[1]) : null;
  }
  /** The second an address such as #frage-7 or #t83 stands for. */
  function target(hash) {
    const anchor = decodeURIComponent(hash.slice(1));
    if (!anchor) return null;
    const item = document.getElementById(anchor);
    if (item?.dataset.start) return Number(item.dataset.start);
    return item ? secondOf(anchor) : null;
  }

  const toggle = () => (video.paused ? video.play() : video.pause());
  const step = (seconds) => { video.currentTime = Math.max(0, video.currentTime + seconds); show(); };
  function jump(second, play) {
    video.currentTime = second;
    if (play) video.play();
    show();
  }

  const actions = {
    play: toggle,
    back: () => step(-10),
    forward: () => step(10),
    captions: () => { captions.mode = captions.mode === "showing" ? "hidden" : "showing"; },
    follow: () => {
      const on = buttons.follow.getAttribute("aria-pressed") !== "true";
      buttons.follow.setAttribute("aria-pressed", String(on));
      if (on) current?.scrollIntoView({ block: "center" });
    },
  };
  for (const button of document.querySelectorAll("button[data-do]")) {
    button.addEventListener("click", actions[button.dataset.do]);
  }
  find("speed").addEventListener("change", (event) => { video.playbackRate = Number(event.target.value); });
  find("cue").addEventListener("change", (event) => { player.dataset.cue = event.target.value; });
  quality.addEventListener("change", () => {
    const { currentTime, paused, playbackRate } = video;
    const mode = captions.mode;
    video.src = quality.value;
    video.load();
    video.currentTime = currentTime;
    video.playbackRate = playbackRate;
    captions.mode = mode;
    if (!paused) video.play();
  });
  video.textTracks.addEventListener("change", () => {
    buttons.captions.setAttribute("aria-pressed", String(captions.mode === "showing"));
  });

  const keys = { k: "play", j: "back", l: "forward", c: "captions" };
  player.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.matches("select, input")) return;
    const action = keys[event.key.toLowerCase()];
    if (!action) return;
    event.preventDefault();
    actions[action]();
  });

  // a jump mark, a time in the transcript, or anywhere in a paragraph
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (link) {
      const inPage = link.hash && (link.dataset.start || link.pathname === location.pathname);
      const second = link.dataset.start ? Number(link.dataset.start) : inPage ? target(link.hash) : null;
      if (second === null || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      if (link.pathname === location.pathname) history.replaceState(null, "", link.hash);
      jump(second, true);
      return;
    }
    const line = event.target.closest(".transcript p[id]");
    if (line && getSelection().isCollapsed) jump(secondOf(line.id), true);
  });

  let current = null;
  function follow(second) {
    let low = 0, high = starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (starts[middle] <= second + 0.25) low = middle + 1; else high = middle;
    }
    const line = lines[low - 1] ?? null;
    if (line === current) return;
    const wasInSight = current === null ? inSight(lines[0]) : inSight(current);
    current?.removeAttribute("aria-current");
    line?.setAttribute("aria-current", "true");
    current = line;
    // only where somebody is reading: never pull a page away from elsewhere
    if (line && wasInSight && !inSight(line, 96) && buttons.follow?.getAttribute("aria-pressed") === "true") {
      line.scrollIntoView({ block: "center" });
    }
  }
  function inSight(element, margin = 0) {
    if (!element) return false;
    const box = element.getBoundingClientRect();
    return box.bottom > 0 && box.top < innerHeight - margin;
  }

  function show() {
    const second = video.currentTime;
    const shown = marks.filter((mark) => mark.start <= second + 0.25 && second < mark.end);
    for (const mark of marks) {
      if (shown.includes(mark)) mark.item.setAttribute("aria-current", "true");
      else mark.item.removeAttribute("aria-current");
    }
    now.hidden = shown.length === 0;
    const lead = video.paused && !root.classList.contains("started") ? now.dataset.ready : now.dataset.now;
    if (shown.length) now.textContent = `${lead} ${shown.map((mark) => mark.text).join(" / ")}`;
    if (second > 0 || !video.paused) follow(second);
  }
  function name() {
    const label = buttons.play.querySelector("[data-label]");
    label.textContent = video.paused ? buttons.play.dataset.play : buttons.play.dataset.pause;
  }
  video.addEventListener("play", () => { root.classList.add("started"); name(); show(); });
  video.addEventListener("pause", name);
  video.addEventListener("timeupdate", show);
  function showQuality() {
    const option = [...quality.options].find((choice) => new URL(choice.value, location.href).href === video.currentSrc);
    if (option) quality.value = option.value;
  }
  video.addEventListener("loadstart", showQuality);
  showQuality();

  // a shared link: stand ready at its second; playing stays the reader's decision
  function arrive() {
    const second = target(location.hash);
    if (second === null) return;
    jump(second, false);
    if (document.getElementById(location.hash.slice(1))?.matches(".question")) player.scrollIntoView();
  }
  addEventListener("hashchange", arrive);
  arrive();
}
