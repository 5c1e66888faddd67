/** The clerk's desk: applications registered, receipts printed, stages stamped through ingest. */
import * as api from "./api.js";
import { byId, h } from "./dom.js";

const SEGMENT = "step-dot";

function steps(application) {
  const dots = Array.from({ length: application.steps }, (_, index) =>
    h("i", { className: index < (application.step ?? 0) ? `${SEGMENT} done` : SEGMENT }));
  return h("span", { className: "steps", "aria-hidden": "true" }, dots);
}

function whereItIs(application) {
  const step = application.step ? `Step ${application.step} of ${application.steps}: ` : "";
  return h("p", { className: "where" }, step, h("strong", {}, application.stage?.name ?? "Not accepted yet"));
}

/**
 * Show the desk where there is one.
 * @param {(application: object) => void} print shows the receipt
 * @param {(text: string) => void} say tells what was done
 * @returns {{refresh: () => Promise<void>, languages: () => string[]}}
 */
export function showOffice(print, say) {
  const panel = byId("office");
  const list = byId("applications");
  const error = byId("office-error");
  const where = byId("office-place");
  const cards = new Map();
  let languages = ["uk"];

  async function attempt(request) {
    error.textContent = "";
    try {
      return await request();
    } catch (problem) {
      if (!(problem instanceof api.ApiError)) throw problem;
      error.textContent = problem.message;
      return null;
    }
  }

  function stampForm(application, stamped) {
    if (application.next.length === 0) return h("p", { className: "quiet" }, "The way has come to its end.");
    const id = `stage-${application.receipt_id}`;
    const choice = h("select", { id }, application.next.map((one) => h("option", { value: one.code }, one.name)));
    const button = h("button", { type: "submit", className: "main-button" }, "Stamp",
      h("span", { className: "hidden-text" }, ` for ${application.holder}`));
    const form = h("form", { className: "stamp" },
      h("label", { htmlFor: id, className: "hidden-text" }, `Next stage for ${application.holder}`), choice, button);
    form.onsubmit = async (event) => {
      event.preventDefault();
      button.disabled = true;
      const made = await attempt(() => api.stampStage(application.receipt_id, choice.value, where.value));
      button.disabled = false;
      if (made) stamped(made);
    };
    return form;
  }

  function card(application) {
    const item = h("li", { className: "application" });
    const stamped = (made) => {
      fill(made);
      (item.querySelector(".stamp button") ?? item.querySelector(".plain-button")).focus();
      say(`Stamped for ${made.holder}: ${made.stage.name}`);
    };
    function fill(one) {
      const receipt = h("button", { type: "button", className: "plain-button", onclick: () => print(one) }, "Receipt",
        h("span", { className: "hidden-text" }, ` of ${one.holder}`));
      item.replaceChildren(
        h("h3", {}, one.holder),
        h("p", { className: "quiet" }, one.document, " · ", h("span", { className: "number" }, one.number)),
        steps(one), whereItIs(one),
        h("div", { className: "deeds" }, stampForm(one, stamped), receipt));
    }
    fill(application);
    return item;
  }

  function put(application) {
    cards.get(application.receipt_id)?.remove();
    const item = card(application);
    cards.set(application.receipt_id, item);
    list.prepend(item);
    byId("office-empty").hidden = true;
  }

  byId("register").addEventListener("submit", async (event) => {
    event.preventDefault();
    const holder = byId("register-holder");
    const given = { document_type: byId("register-document").value, holder: holder.value, office: where.value };
    const made = await attempt(() => api.registerApplication(given));
    if (!made) return;
    holder.value = "";
    put(made);
    say(`Registered for ${made.holder}: ${made.document}, ${made.number}`);
    print(made);
  });

  return {
    languages: () => languages,
    async refresh() {
      const office = await api.fetchOffice().catch(() => ({ open: false }));
      panel.hidden = !office.open;
      byId("app").classList.toggle("has-office", office.open);
      if (!office.open) return;
      languages = office.languages;
      byId("office-agency").textContent = office.agency;
      for (const [select, choices] of [["register-document", office.documents], ["office-place", office.offices]]) {
        const chosen = byId(select).value;
        byId(select).replaceChildren(...choices.map((one) => h("option", { value: one.code }, one.name)));
        if (choices.some((one) => one.code === chosen)) byId(select).value = chosen;
      }
      cards.clear();
      list.replaceChildren();
      byId("office-empty").hidden = false;
      for (const application of office.applications.toReversed()) put(application);
    },
  };
}
