// Runs the calls of playground.json with fetch, and shows what this page was let to see beside what the
// policy says and what the server saw. Everything is written with textContent: answers are data.

const TIMEOUT = 15000;
// So many characters of an answer are shown before it is unfolded.
const LONGEST = 220;

const VERDICTS = {
  readable: "Readable",
  hidden: "Sent, answer hidden",
  refused: "Sent, refused by the server",
  unsent: "Never sent",
};

// What scripts may read of any answer without Access-Control-Expose-Headers (Fetch,
// "CORS-safelisted response-header name").
const SAFELISTED = new Set([
  "cache-control", "content-language", "content-length", "content-type", "expires",
  "last-modified", "pragma",
]);

const root = document.documentElement;
const byId = (id) => document.getElementById(id);

let api = "";
let calls = [];
const articles = new Map();
const ticks = new Map();
const sockets = new Map();
// What calls have taught the page: others send it.
const learned = { csrf: "not-known", etag: "not-known", token: "not-known" };

// --- Calling ---------------------------------------------------------------------------------

function requestOf(call) {
  const headers = {};
  for (const [name, value] of Object.entries(call.headers)) {
    headers[name] = value.replace(/\{(\w+)\}/, (_, what) => learned[what]);
  }
  return {
    method: call.method,
    headers,
    body: call.body ?? undefined,
    credentials: call.credentials ? "include" : "omit",
    signal: AbortSignal.timeout(TIMEOUT),
  };
}

function learn(seen) {
  learned.etag = seen.headers.etag ?? learned.etag;
  try {
    const body = JSON.parse(seen.body);
    learned.csrf = body.csrfToken ?? learned.csrf;
    learned.token = body.token ?? learned.token;
  } catch {
    // Not every body is JSON.
  }
}

/** Call the API as any page would, and return all that a script gets to see. */
async function see(call, id) {
  const url = `${api}${call.path}?call=${id}`;
  try {
    const response = await fetch(url, requestOf(call));
    const seen = {
      readable: true,
      status: response.status,
      redirected: response.redirected,
      headers: Object.fromEntries(response.headers),
      body: await response.text(),
    };
    learn(seen);
    return seen;
  } catch (error) {
    // The browser tells scripts nothing more, so that they learn nothing about other origins.
    return { readable: false, headers: {}, body: String(error) };
  }
}

/** Open a WebSocket. Its first message is what the page sees; later ones take its place. */
function listen(call, id) {
  sockets.get(call.name)?.close();
  const socket = new WebSocket(`${api.replace("http:", "ws:")}${call.path}?call=${id}`);
  sockets.set(call.name, socket);
  return new Promise((done) => {
    const refused = (body) => done({ readable: false, headers: {}, body });
    setTimeout(() => refused("No message has come."), TIMEOUT);
    // The browser tells scripts of no status and no reason.
    socket.onclose = ({ code }) => refused(`error, then close: code ${code}`);
    socket.onmessage = ({ data }) => {
      showBody(articles.get(call.name), data);
      const cookie = JSON.parse(data).customer !== null;
      done({ readable: true, status: 101, headers: {}, body: data, cookie });
    };
  });
}

/** Ask this page's own server what the API saw of a call. */
async function recordOf(id) {
  const response = await fetch(`/record?call=${id}`, { signal: AbortSignal.timeout(TIMEOUT) });
  return response.json();
}

async function run(call) {
  const article = articles.get(call.name);
  article.dataset.running = "";
  // A new id makes a new URL: nothing comes from the browser's caches.
  const id = `${call.name}.${crypto.randomUUID()}`;
  const seen = await (call.method === "WebSocket" ? listen : see)(call, id);
  const record = await recordOf(id);
  show(call, article, judge(call.expected, seen, record));
  delete article.dataset.running;
}

/** Put what the page and the server saw together, and compare with what is expected. */
function judge(expected, seen, record) {
  const visit = record.visits.at(-1);
  const result = {
    seen,
    verdict: seen.readable ? "readable" : visit?.refused ? "refused" : visit ? "hidden" : "unsent",
    status: seen.readable ? seen.status : visit?.status ?? null,
    viewRan: record.visits.some((one) => one.view_ran),
    // A consumer says itself whom it knows.
    cookie: seen.cookie ?? record.visits.some((one) => one.session_cookie),
    reasons: record.reasons,
  };
  const asExpected = {
    verdict: result.verdict === expected.verdict,
    status: result.status === expected.status,
    view: result.viewRan === expected.view_runs,
    cookie: expected.cookie === null || result.cookie === expected.cookie,
    headers: expected.shows.every((name) => name in seen.headers) &&
      !expected.hides.some((name) => name in seen.headers),
    reason: expected.logged === (record.reasons.length > 0),
  };
  result.differs = Object.keys(asExpected).filter((what) => !asExpected[what]);
  return result;
}

// --- Showing ---------------------------------------------------------------------------------

function element(tag, text, className = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  made.className = className;
  return made;
}

function link(text, href) {
  const made = element("a", text);
  made.href = href;
  return made;
}

function showVerdict(place, verdict, status) {
  place.dataset.verdict = verdict;
  place.textContent =
    verdict === "readable" ? `${VERDICTS[verdict]} · ${status}` : VERDICTS[verdict];
}

function sends(call) {
  const chips = [call.credentials ? "cookies" : "no cookies"];
  chips.push(...Object.entries(call.headers).map(([name, value]) =>
    name === "Content-Type" ? value : name));
  return chips.map((text) => element("li", text));
}

function draw(call) {
  const article = byId("call-template").content.firstElementChild.cloneNode(true);
  const find = (selector) => article.querySelector(selector);
  article.id = `call-${call.name}`;
  article.dataset.call = call.name;
  find("h3").textContent = call.title;
  find(".method").textContent = call.method;
  find(".path").textContent = call.path;
  find(".sends").append(...sends(call));
  showVerdict(find(".says .verdict"), call.expected.verdict, call.expected.status);
  find(".policy").textContent = call.policy;
  find(".because").textContent = call.expected.because;
  find(".declared code").textContent = call.declared;
  find(".run").addEventListener("click", () => runAlone(call));
  articles.set(call.name, article);
  const tick = byId("bar").appendChild(link("", `#${article.id}`));
  tick.ariaLabel = tick.title = call.title;
  ticks.set(call.name, tick);
  return article;
}

function showBody(article, text) {
  const find = (selector) => article.querySelector(selector);
  find(".answer").hidden = !text;
  find(".body").textContent = text.slice(0, LONGEST);
  try {
    text = JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    // Not every body is JSON.
  }
  find(".whole").textContent = text;
}

function show(call, article, result) {
  const find = (selector) => article.querySelector(selector);
  const { seen } = result;
  showVerdict(find(".saw .verdict"), result.verdict, result.status);
  find(".headers").replaceChildren(...Object.keys(seen.headers)
    .filter((name) => name !== "content-length")
    .map((name) => element("li", name, SAFELISTED.has(name) ? "" : "exposed")));
  showBody(article, seen.readable ? seen.body : "");
  find(".nothing").textContent = !seen.readable ? seen.body
    : seen.status === 304 ? "The copy that the page has is still good."
    : seen.body ? "" : "An empty body.";

  const answer = result.verdict === "unsent" ? "preflight only"
    : `answered ${result.status}${seen.redirected ? ", redirected" : ""}`;
  find(".facts").replaceChildren(
    element("li", result.viewRan ? "view ran" : "view did not run", result.viewRan ? "yes ran" : "no"),
    element("li", result.cookie ? "cookie arrived" : "no cookie", result.cookie ? "yes" : "no"),
    element("li", answer, result.verdict === "unsent" ? "no" : "yes"),
  );
  find(".reason").textContent = result.reasons.join("\n");
  const match = result.differs.length === 0;
  find(".match").textContent = match ? "as the policy says"
    : `not as the policy says: ${result.differs.join(", ")}`;
  const tick = ticks.get(call.name);
  tick.dataset.verdict = result.verdict;
  tick.ariaLabel = tick.title = `${call.title}: ${VERDICTS[result.verdict]}`;

  Object.assign(article.dataset, {
    verdict: result.verdict,
    status: result.status ?? "",
    viewRan: result.viewRan,
    cookie: result.cookie,
    headers: Object.keys(seen.headers).join(" "),
    reason: result.reasons.join("\n"),
    match,
  });
}

function summarise() {
  const rows = [...articles.values()];
  for (const verdict of Object.keys(VERDICTS)) {
    byId(`count-${verdict}`).textContent =
      rows.filter((article) => article.dataset.verdict === verdict).length;
  }
  const unexpected = rows.filter((article) => article.dataset.match !== "true").length;
  byId("summary").textContent = unexpected
    ? `${unexpected} unexpected ${unexpected === 1 ? "row" : "rows"} of ${rows.length}`
    : `All ${rows.length} rows as expected`;
  root.classList.toggle("wrong", unexpected > 0);
  root.dataset.rows = rows.length;
  root.dataset.unexpected = unexpected;
}

// --- Running ---------------------------------------------------------------------------------

/** Run some calls one after the other, in the order of the page: later ones build on earlier. */
async function runInOrder(wanted) {
  if (root.dataset.state === "running") return;
  root.dataset.state = "running";
  byId("summary").textContent = "Calling …";
  mark({ busy: true });
  try {
    for (const call of calls.filter(({ name }) => wanted.has(name))) await run(call);
    summarise();
    root.dataset.state = "done";
  } catch (error) {
    fail(error);
  } finally {
    mark({ busy: false });
  }
}

/** Tell that the buttons do nothing meanwhile. Disabled, the one that was pressed would lose the focus. */
function mark({ busy }) {
  for (const button of document.querySelectorAll("button")) button.ariaDisabled = busy;
}

function runAll() {
  return runInOrder(new Set(calls.map(({ name }) => name)));
}

/** Run one call again, after the calls without which it has nothing to work on. */
function runAlone(call) {
  const wanted = new Set();
  const want = ({ name, needs }) => {
    wanted.add(name);
    for (const other of needs) want(calls.find((candidate) => candidate.name === other));
  };
  want(call);
  return runInOrder(wanted);
}

function fail(error) {
  byId("summary").textContent = `The playground does not answer: ${error}`;
  root.dataset.state = "failed";
}

function introduce({ site, sites }) {
  root.dataset.role = site.role;
  document.title = `${site.title} · cors_views playground`;
  byId("title").textContent = site.title;
  byId("origin").textContent = site.origin;
  byId("about").textContent = site.about;
  byId("api").textContent = api;
  byId("sites").append(...sites.map((other) => {
    const names = { storefront: "Own front end", partner: "Partner", stranger: "Stranger" };
    const made = link(names[other.role], `${other.origin}/`);
    made.dataset.role = other.role;
    if (other.role === site.role) made.setAttribute("aria-current", "page");
    return made;
  }));
}

function layOut() {
  for (const name of new Set(calls.map(({ group }) => group))) {
    const group = byId("group-template").content.firstElementChild.cloneNode(true);
    group.id = `group-${name.toLowerCase().replace(/[^a-z]+/g, "-")}`;
    group.querySelector("h2").textContent = name;
    const entry = byId("groups").querySelector("ul").appendChild(element("li", ""));
    entry.append(link(name, `#${group.id}`));
    group.append(...calls.filter((call) => call.group === name).map(draw));
    byId("calls").append(group);
  }
}

async function start() {
  const response = await fetch("/playground.json", { signal: AbortSignal.timeout(TIMEOUT) });
  const playground = await response.json();
  ({ api, calls } = playground);
  introduce(playground);
  layOut();
  byId("run-all").addEventListener("click", runAll);
  byId("groups").querySelector("ul").addEventListener("click", () => { byId("groups").open = false; });
  await runAll();
}

start().catch(fail);
