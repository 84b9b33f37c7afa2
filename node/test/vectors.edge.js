// The vectors of the request edge. In the place of a schema they say "vessel".

import { deepStrictEqual, ok } from "node:assert/strict";
import * as scrypath from "scrypath";

const WORDS = [
  "facet_filter",
  "per_query",
  "ranking_score_threshold",
  "show_ranking_score",
  "show_ranking_score_details",
  "max_values_per_facet",
  "sort_facet_values_by",
  "per_query_keys",
  "tenant_scope",
  "federation_weight",
  "max_schemas",
  "form_errors",
  "field_errors",
];
const camel = (name) => name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());
const CAMEL = Object.fromEntries(WORDS.map((word) => [word, camel(word)]));
const SNAKE = Object.fromEntries(WORDS.map((word) => [camel(word), word]));

/** The words of options, at any depth, as a Node program spells them, and back. */
export function respelled(value, words = SNAKE) {
  if (typeof value === "string") return words === SNAKE ? (SNAKE[value] ?? value) : value;
  if (Array.isArray(value)) return value.map((inner) => respelled(inner, words));
  if (typeof value !== "object" || value === null) return value;
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  const members = Object.entries(value).map(([key, inner]) => [words[key] ?? key, respelled(inner, words)]);
  return Object.fromEntries(members);
}

function entries(given, of) {
  return given.map((entry) => {
    if (Array.isArray(entry)) return [entry[0] === "vessel" ? of : entry[0], ...entry.slice(1)];
    return entry?.schema === "vessel" ? { ...entry, schema: of } : entry;
  });
}

const shown = (schema) => (schema === "all" ? schema : "vessel");

function compose({ fragments, criteria }) {
  return scrypath.compose(fragments, criteria);
}

function composeMany(input, of) {
  return scrypath.composeMany(entries(input.entries, of), input.shared);
}

function args([text, options]) {
  deepStrictEqual(Object.keys(options), ["filter", "sort", "page", "facets", "facetFilter", "perQuery"]);
  return { text, options };
}

function many({ shared, entries }) {
  return { shared, entries: entries.map((entry) => ({ ...entry, schema: shown(entry.schema) })) };
}

function told({ capabilities, resolved, hostOwned, entry }) {
  deepStrictEqual(hostOwned === undefined, "status" in capabilities);
  const known = "status" in capabilities ? { capabilities } : {};
  return { ...resolved, ...known, schema: shown(entry.schema), text: entry.text };
}

const operations = {
  compose: (input) => compose(input),
  search_args: (input) => args(scrypath.searchArgs(compose(input))),
  compose_many: (input, of) => many(composeMany(input, of)),
  search_many_args(input, of) {
    const [lowered, shared] = scrypath.searchManyArgs(composeMany(input, of));
    return { entries: lowered.map(([schema, ...rest]) => [shown(schema), ...rest]), shared };
  },
  capabilities: (_input, of) => scrypath.capabilities(of),
  reflect(input, of) {
    const criteria = "fragments" in input ? compose(input) : input.criteria;
    const reflected = scrypath.reflectSearch(of, criteria);
    deepStrictEqual(reflected.capabilities, scrypath.capabilities(of));
    deepStrictEqual(reflected.hostOwned.tenantPolicy, "host_owned");
    return reflected.resolved;
  },
  reflect_many(input, of) {
    const reflected = input.composed
      ? scrypath.reflectSearchMany(composeMany(input.composed, of))
      : scrypath.reflectSearchMany(entries(input.entries, of), input.shared);
    deepStrictEqual(reflected.hostOwned.relatedData, "host_owned");
    return { entries: reflected.entries.map(told), shared: reflected.shared };
  },
  cast_params: ({ params }) => scrypath.castParams(params),
  params_args: ({ params }) => args(scrypath.searchArgs(scrypath.castParams(params))),
  form_data: ({ params }) => scrypath.toFormData(scrypath.castParams(params)),
};

/** What a browser sent, or a URL holds, is spelled one way in every language. */
const verbatim = {
  normalize_params: ({ params }, of) => respelled(scrypath.normalizeParams(params, of), SNAKE),
  query_params({ params }) {
    const cast = scrypath.castParams(respelled(params, CAMEL));
    return { query: scrypath.toQueryParams(cast), string: scrypath.toQueryString(cast) };
  },
  attempted_form_data({ params }, of) {
    try {
      scrypath.normalizeParams(params, of);
    } catch (error) {
      ok(error instanceof scrypath.ParamsError, error);
      return respelled(scrypath.toFormData(params, error), SNAKE);
    }
    throw new Error("accepted");
  },
};

const wrapped = Object.entries(operations).map(([name, operate]) => {
  return [name, (input, of) => respelled(operate(respelled(input, CAMEL), of), SNAKE)];
});

export const EDGE_OPERATIONS = { ...Object.fromEntries(wrapped), ...verbatim };
