/** The variants of TransformerFAM and its rivals: records of independent choices, with presets by name (spec.md, "Variants"). */

export const presets = [
  'bswa',
  'swa',
  'txl',
  'fam',
  'fam-norm',
  'fam-no-residual',
  'fam-no-ff',
  'fam-n',
  'fam-prefix',
  'sum',
  'fm',
  'rmt',
  'autocompressor',
] as const;
export type Preset = (typeof presets)[number];

/** To what size an updated FAM is brought before it is fed back. */
export const famNorms = ['unit', 'initial'] as const;
export type FamNorm = (typeof famNorms)[number];

/** What a variant does; every choice is independent of the others. */
export interface Variant {
  /** The name under which fam.json knows these choices. */
  preset: Preset;
  /**
   * What passes between blocks: keys, values and FAM (`attention`), keys and values of the layers' outputs (`outputs`),
   * write tokens that become read tokens (`tokens`), or summaries that pile up (`summaries`).
   */
  carrier: 'attention' | 'outputs' | 'tokens' | 'summaries';
  /** Where F_{−1} comes from: a prompt that is run through the layers, or a weight of each layer. */
  initial: 'prompt' | 'prefix';
  /** Who asks in an update: the FAM that was fed back, or always F_{−1}, without a residual. */
  query: 'fed-back' | 'initial';
  /** Whether an update adds to the FAM before it. */
  residual: boolean;
  /** Whether an update passes the feed-forward layer. */
  feedForward: boolean;
  /** Undefined leaves an updated FAM as large as it is. */
  norm: FamNorm | undefined;
  /** How many FAMs a block sees. */
  visible: number;
  /** W: a token sees itself and W − 1 tokens before it; undefined where blocks alone bound what it sees. */
  window: number | undefined;
  /** How many blocks' summaries are kept. */
  maxSummaries: number;
}

const fam: Omit<Variant, 'preset'> = {
  carrier: 'attention',
  initial: 'prompt',
  query: 'fed-back',
  residual: true,
  feedForward: true,
  norm: undefined,
  visible: 1,
  window: undefined,
  maxSummaries: 0,
};

/** What some presets take beside their name. */
export interface VariantSettings {
  /** W of `swa`, in tokens. */
  window?: number | undefined;
  /** n of `fam-n` and `sum`; 1 unless given. */
  visible?: number | undefined;
  /** Of `fam-norm`; `unit` unless given. */
  norm?: FamNorm | undefined;
  /** Of `autocompressor`, in blocks; 32 unless given. */
  maxSummaries?: number | undefined;
}

/** The settings that each preset takes; the others take none. */
export const settingsOf: Partial<Record<Preset, keyof VariantSettings>> = {
  swa: 'window',
  'fam-n': 'visible',
  sum: 'visible',
  'fam-norm': 'norm',
  autocompressor: 'maxSummaries',
};

/** Presets that have no FAM of their own. */
export const withoutFam: readonly Preset[] = ['bswa', 'swa', 'txl', 'fm'];

/**
 * The choices of a preset.
 *
 * @param reach m · C: the tokens that memory segments span, which are the window of `txl`
 */
export function variantOf(preset: Preset, settings: VariantSettings, reach: number): Variant {
  const choices: Record<Preset, Partial<Variant>> = {
    bswa: {},
    swa: { window: settings.window },
    txl: { window: reach },
    fam: {},
    'fam-norm': { norm: settings.norm ?? 'unit' },
    'fam-no-residual': { residual: false },
    'fam-no-ff': { feedForward: false },
    'fam-n': { visible: settings.visible ?? 1 },
    'fam-prefix': { initial: 'prefix' },
    sum: { query: 'initial', residual: false, visible: settings.visible ?? 1 },
    fm: { carrier: 'outputs' },
    rmt: { carrier: 'tokens' },
    autocompressor: { carrier: 'summaries', maxSummaries: settings.maxSummaries ?? 32 },
  };
  return { preset, ...fam, ...choices[preset] };
}
