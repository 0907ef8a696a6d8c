/**
 * Jinja within bounds. A template is a stranger's program, and this machine's only thread runs it: its steps are counted, each by
 * what it goes over, so that a slow machine refuses what a fast one does; and no value may grow beyond a limit, not within a step either.
 */
import { Environment, Interpreter, parse, tokenize } from '@huggingface/jinja';

export interface JinjaLimits {
  /** How many characters a template may go over, in all; a step or a turn of a loop counts as some hundreds. */
  work: number;
  /** How many characters a value may have when it is written out, and how many items. */
  characters: number;
}

/** Levels of lists in lists. */
const deepest = 64;
/** White space in a row, over which the library's lexer goes again from every character. */
const widestSpace = 1000;
/** Spaces or separators of JSON. */
const widestJson = 16;
/** What takes as long as so many characters: a step, a turn of a loop, an item that is looked at, and one that is written. */
const weights = { step: 100, turn: 1000, item: 20, written: 100 };
/** Comparisons of each item, in a list of the longest that there may be. */
const sorting = 20;

/** A value of the interpreter, and a function among them. */
interface Value {
  type: string;
  value: unknown;
  builtins: ReadonlyMap<string, Value>;
}
type Call = (args: Value[], scope: Environment) => Value;

/** A part of a program, as far as it is looked at here. */
interface Node {
  type: string;
  value?: unknown;
  object?: Node;
  property?: Node;
  computed?: boolean;
  callee?: Node;
  args?: Node[];
  left?: Node;
  right?: Node;
  iterable?: Node;
  lhs?: Node;
  body?: Node[];
  alternate?: Node[];
  defaultBlock?: Node[];
}

/** The interpreter with its inner methods, between which the bounds stand. */
interface Steps {
  evaluate(node: Node | undefined, scope: Environment): Value;
  applyFilter(operand: Value, filter: Node, scope: Environment): Value;
  evaluateArguments(args: Node[], scope: Environment): [Value[], Map<string, Value>];
}

interface Measures {
  size: number;
  /** Items of lists and objects, those within items too. */
  parts: number;
  levels: number;
}

export interface JinjaTemplate {
  /** @throws Error when the template fails, or goes beyond a limit */
  render(variables: Readonly<Record<string, unknown>>, limits: JinjaLimits): string;
}

/** @throws Error when it is no template */
export function parseJinja(source: string): JinjaTemplate {
  if (new RegExp(`\\s{${widestSpace}}`).test(source)) throw new Error('it is mostly white space');
  const program = parse(tokenize(source, { lstrip_blocks: true, trim_blocks: true }));
  return {
    render(variables, limits) {
      const scope = new Environment();
      for (const [name, value] of Object.entries({ ...constants, range: rangeUpTo(limits), ...variables })) {
        scope.set(name, value);
      }
      const interpreter = new Interpreter(scope);
      bind(interpreter as unknown as Steps, limits);
      return String(interpreter.run(program).value);
    },
  };
}

/** What every template finds beside its variables. */
const constants = {
  ...{ true: true, True: true, false: false, False: false, none: null, None: null },
  raise_exception(message: unknown) {
    throw new Error(String(message).slice(0, 1000));
  },
};

function rangeUpTo({ characters }: JinjaLimits) {
  return (first: number, end?: number, step = 1): number[] => {
    const [start, stop] = end === undefined || end === null ? [0, first] : [first, end];
    const count = Math.max(0, Math.ceil((stop - start) / step));
    if (!(count <= characters)) throw new Error(`a range has ${count} numbers`);
    return Array.from({ length: count }, (_, i) => start + i * step);
  };
}

/** Puts the bounds between the interpreter's steps. */
function bind(steps: Steps, { work, characters }: JinjaLimits): void {
  const evaluate = steps.evaluate.bind(steps);
  const applyFilter = steps.applyFilter.bind(steps);
  const known = new WeakMap<Value, Measures>();
  const receivers = new WeakSet<Node>();
  const searched = new WeakMap<Node, number>();
  const written = new WeakSet<Node>();
  const guarded = new WeakSet<Value>();
  let namespaces = 0;
  let left = work;

  const spend = (units: number) => {
    left -= units;
    if (!(left >= 0)) throw new Error('it takes too many steps');
  };

  const within = (size: number) => {
    if (!(size <= characters)) throw new Error(`a value has more than ${characters} characters`);
    return size;
  };

  /** Characters of a value written out, and levels of lists in it. What it holds twice counts twice. */
  const measured = (value: Value | undefined): Measures => {
    const content = value?.value;
    if (typeof content === 'string') return { size: within(1 + content.length), parts: 0, levels: 0 };
    const isMap = content instanceof Map;
    if (!value || !(isMap || Array.isArray(content))) return { size: 1, parts: 0, levels: 0 };
    const before = known.get(value);
    if (before) return before;
    const met = namespaces;
    if (value.type === 'NamespaceValue') namespaces++;
    let [size, parts, levels] = [1, 0, 0];
    spend(weights.item * (isMap ? content.size : content.length));
    for (const part of content.values() as Iterable<Value>) {
      const inner = measured(part);
      size = within(size + inner.size);
      parts += 1 + inner.parts;
      levels = Math.max(levels, inner.levels + 1);
    }
    if (isMap) for (const key of content.keys()) size = within(size + String(key).length);
    if (levels > deepest) throw new Error(`a value has more than ${deepest} levels`);
    const measures = { size, parts, levels };
    if (met === namespaces) known.set(value, measures); // A namespace may be given other things later.
    return measures;
  };

  /** What it takes to go over all of a value. */
  const wholeOf = (value: Value) => {
    const { size, parts } = measured(value);
    return size + weights.written * parts;
  };

  /** Lets a text's `replace` make nothing that is too large. */
  const guardReplace = (text: Value) => {
    const replace = text.builtins.get('replace');
    if (!replace || guarded.has(text)) return;
    guarded.add(text);
    const call = replace.value as Call;
    replace.value = (args: Value[], scope: Environment) => {
      const [whole, old, fresh] = [text.value, args[0]?.value, args[1]?.value].map(String) as [
        string,
        string,
        string,
      ];
      within(whole.length + (old ? whole.split(old).length : whole.length + 2) * fresh.length);
      return call(args, scope);
    };
  };

  /** Which parts of a node are gone over as a whole, item by item or written out. */
  const noteUses = ({ type, left, right, iterable, body, alternate, defaultBlock }: Node) => {
    if (type === 'BinaryExpression')
      for (const side of [left, right]) if (side) searched.set(side, weights.item);
    const list = iterable?.type === 'SelectExpression' ? iterable.lhs : iterable;
    if (list) searched.set(list, weights.turn);
    for (const block of [body, alternate, defaultBlock]) {
      if (Array.isArray(block)) for (const statement of block) written.add(statement);
    }
  };

  steps.evaluate = (node, scope) => {
    spend(weights.step);
    const { object, property, computed } = node ?? {};
    if (object && (computed || property?.value === 'replace')) receivers.add(object);
    if (node) noteUses(node);
    const value = evaluate(node, scope);
    measured(value);
    if (typeof value.value === 'string' || (node && written.has(node))) spend(wholeOf(value));
    if (node) spend((searched.get(node) ?? 0) * itemsOf(value));
    if (node && receivers.has(node) && typeof value.value === 'string') guardReplace(value);
    return value;
  };

  steps.applyFilter = (operand, filter, scope) => {
    const name = filter.callee?.value ?? filter.value;
    if (!looksOnly.has(name)) spend(wholeOf(operand) * (/sort/.test(String(name)) ? sorting : 1));
    if (name === 'replace' && typeof operand.value === 'string') guardReplace(operand);
    const repeats = repetitionsOf(name, operand);
    if (repeats !== undefined && filter.args) {
      const [args, named] = steps.evaluateArguments(filter.args, scope);
      const width = [...args, ...named.values()].reduce((sum, value) => sum + widthOf(value), 0);
      within(measured(operand).size + repeats * width);
      if (name === 'tojson' && width > widestJson) throw new Error('its JSON is mostly white space');
    }
    const value = applyFilter(operand, filter, scope);
    measured(value);
    return value;
  };
}

/** Filters that do not go over what they are given. */
const looksOnly: ReadonlySet<unknown> = new Set(['length', 'first', 'last']);

const itemsOf = ({ value }: Value) =>
  Array.isArray(value) ? value.length : value instanceof Map ? value.size : 0;

/** How often a filter writes its arguments. */
function repetitionsOf(filter: unknown, { value }: Value): number | undefined {
  if (filter === 'indent') return String(value).split('\n').length;
  if (filter === 'join') return Array.isArray(value) ? value.length : 0;
  return filter === 'tojson' ? 1 : undefined;
}

/** Characters that a filter writes for an argument: a text, so many spaces, or the texts of a list. */
function widthOf({ value }: Value): number {
  if (typeof value === 'string') return value.length;
  if (typeof value === 'number') return Math.abs(value);
  return Array.isArray(value) ? value.reduce((sum, part) => sum + widthOf(part), 0) : 0;
}
