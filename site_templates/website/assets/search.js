// Search on a static site: Pagefind finds, this shows. See publishers/website/search_index.py.
const form = document.querySelector("form.search");
const status = document.querySelector("[data-status]");
const list = document.querySelector(".results");
const more = document.querySelector(".more-results");
const filters = [...form.querySelectorAll("[data-filter]")];
const PAGE = 10;
/** How many of the first hits are looked at again: stems meet too many words. 20 keep a query below 100 kB. */
const LOOKED_AT = 20;
/** Private characters that stand for a word the German stemmer trips over. */
const HIDDEN = { "\ue000": "sich", "\ue001": "Sich" };

let pagefind;
let latest = 0;
let waiting = [];

async function ready() {
  if (pagefind) return pagefind;
  const base = new URL(form.dataset.index, location.href);
  const found = await import(new URL("pagefind.js", base).href);
  await found.options({ basePath: base.pathname, excerptLength: 30 });
  await found.init();
  pagefind = found;
  return found;
}

const plain = (text) => text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "")
  .replaceAll("ß", "ss").replace(/ae/g, "a").replace(/oe/g, "o").replace(/ue/g, "u");
const shown = (text) => text.replace(/[\ue000\ue001]/g, (sign) => HIDDEN[sign]);

async function fillFilters() {
  const known = await (await ready()).filters();
  for (const select of filters) {
    const values = Object.keys(known[select.dataset.filter] ?? {});
    values.sort((a, b) => (select.dataset.filter === "year" ? b - a : a.localeCompare(b, "de")));
    for (const value of values) select.add(new Option(value, value));
  }
}

async function search() {
  const turn = ++latest;
  const query = form.q.value.trim();
  const wanted = Object.fromEntries(filters.filter((f) => f.value).map((f) => [f.dataset.filter, [f.value]]));
  const address = new URL(location.href);
  address.search = new URLSearchParams([...new FormData(form)].filter(([, value]) => value)).toString();
  history.replaceState(null, "", address);
  if (!query && !Object.keys(wanted).length) {
    list.replaceChildren();
    more.hidden = true;
    status.textContent = "";
    return;
  }
  status.textContent = status.dataset.busy;
  try {
    const found = await (await ready()).search(query || null, { filters: wanted });
    const first = await Promise.all(found.results.slice(0, LOOKED_AT).map((result) => result.data()));
    if (turn !== latest) return;
    // literal hits first; the order within stays Pagefind's
    const words = plain(query.replaceAll('"', " ")).split(/\s+/).filter(Boolean);
    const literal = (data) => words.every((word) => plain(`${data.meta.title} ${data.raw_content ?? data.content}`).includes(word));
    const ranked = [...first.filter(literal), ...first.filter((data) => !literal(data))];
    waiting = [...ranked, ...found.results.slice(LOOKED_AT)];
    list.replaceChildren();
    await showMore();
    const { none, one, many } = status.dataset;
    const count = found.results.length;
    status.textContent = (count === 0 ? none : count === 1 ? one : many)
      .replace("{count}", count.toLocaleString(document.documentElement.lang)).replace("{query}", query || "*");
  } catch (error) {
    if (turn !== latest) return;
    console.warn(error);
    list.replaceChildren();
    more.hidden = true;
    status.textContent = status.dataset.broken;
  }
}

async function showMore() {
  const next = waiting.splice(0, PAGE);
  for (const data of await Promise.all(next.map((item) => (item.data ? item.data() : item)))) list.append(entry(data));
  more.hidden = waiting.length === 0;
}

/** ``sprechstunden/x/frage-7.html`` stands for ``sprechstunden/x/#frage-7``. */
function target(data) {
  const [, folder, step] = /^\/?(.*\/)([^/]*?)(?:~\d+)?(?:\.html)?$/.exec(data.url);
  const anchors = (data.anchors ?? []).filter((anchor) => /^t\d/.test(anchor.id));
  const hit = data.locations?.[0];
  const near = hit === undefined ? undefined : anchors.filter((anchor) => anchor.location <= hit).at(-1);
  const anchor = near?.id ?? (step === "index" ? "" : step);
  return new URL(form.dataset.pages + folder + (anchor && `#${anchor}`), location.href).href;
}

function entry(data) {
  const item = document.createElement("li");
  const title = document.createElement("h2");
  const link = Object.assign(document.createElement("a"), { href: target(data), textContent: shown(data.meta.title) });
  title.append(link);
  const about = Object.assign(document.createElement("p"), { className: "meta" });
  const day = new Date(`${data.meta.day}T12:00`).toLocaleDateString(document.documentElement.lang, { dateStyle: "long" });
  about.textContent = [day, ...(data.filters?.politician ?? []), ...(data.filters?.topic ?? [])].join(" · ");
  const text = document.createElement("p");
  // Pagefind escapes the text; only its own <mark> is markup
  const excerpt = new DOMParser().parseFromString(shown(data.excerpt), "text/html").body;
  for (const node of excerpt.childNodes) {
    const mark = node.nodeName === "MARK";
    text.append(mark ? Object.assign(document.createElement("mark"), { textContent: node.textContent }) : node.textContent);
  }
  item.append(title, about, text);
  return item;
}

const asked = new URLSearchParams(location.search);
form.q.value = asked.get("q") ?? "";
form.addEventListener("submit", (event) => { event.preventDefault(); search(); });
for (const filter of filters) filter.addEventListener("change", search);
more.querySelector("button").addEventListener("click", async () => {
  const before = list.children.length;
  await showMore();
  list.children[before]?.querySelector("a").focus();
});
try {
  await fillFilters();
  for (const filter of filters) filter.value = asked.get(filter.name) ?? "";
  await search();
} catch (error) {
  console.warn(error);
  if (form.q.value) status.textContent = status.dataset.broken;
}
