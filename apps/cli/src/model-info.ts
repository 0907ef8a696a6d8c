/** What a model is and costs, by its numbers: none of its weights is read. */
import { costsOf, describeModel, isPreset, type ModelConfig, presetConfig, storedDtypes } from '@famjs/zoo';
import pc from 'picocolors';
import { inFull, measured, plural } from './format.ts';
import { type AdditionValues, additionsOf, type FamOptionValues, famOptionsOf } from './model-options.ts';
import { modelPlace } from './passkey/model-folder.ts';

/**
 * The lines about a model or a preset of the paper.
 *
 * @throws CheckpointError, ConfigError what `describeModel` throws
 */
export async function modelInfo(place: string, options: FamOptionValues & AdditionValues): Promise<string[]> {
  const chosen = famOptionsOf(options);
  const { config, untrained } = isPreset(place)
    ? { config: presetConfig(place, chosen), untrained: false }
    : await describeModel(modelPlace(place), { ...chosen, ...additionsOf(options) });
  const { parameters, embedding, weightBytes, stateBytes, flops } = costsOf(config);
  const { family, fam, layers, width, vocabularySize, trainedContext } = config;
  const { heads, headWidth } = family;
  const keyValueHeads = 'keyValueHeads' in family ? family.keyValueHeads : heads;
  const bytes = storedDtypes.map((dtype) => `${dtype} ${measured(weightBytes[dtype], 'B')}`);
  return [
    pc.bold(place),
    line('family', `${family.modelType}, ${plural(layers, 'layer')} of width ${width}`),
    line('heads', `${heads} of width ${headWidth}, ${keyValueHeads} of keys and values`),
    line('vocabulary', plural(vocabularySize, 'token')),
    ...(trainedContext ? [line('trained on', plural(trainedContext, 'token'))] : []),
    line('weights', `${inFull(parameters)}, of them ${inFull(embedding)} in the embedding`),
    line('bytes', bytes.join(' · ')),
    line('sees', seenIn(fam, untrained).join(', ')),
    line('state', `at most ${measured(stateBytes, 'B')} a text, in float32`),
    line('a token', `${measured(flops, 'FLOP')} far into a text`),
  ];
}

/** What a model sees of a text. */
export const seenIn = (fam: ModelConfig['fam'], untrained = false): string[] => [
  `blocks of ${plural(fam.blockSize, 'token')}`,
  plural(fam.memorySegments, 'memory segment'),
  ...(fam.sinks > 0 ? [plural(fam.sinks, 'sink')] : []),
  ...(fam.famLength > 0 ? [`FAM ${fam.famLength}${untrained ? ', untrained' : ''}`] : []),
  `variant ${variantIn(fam)}`,
];

/** What a model does: of FAM's variants without FAM nothing is left but blocks. */
const variantIn = ({ famLength, variant: { preset } }: ModelConfig['fam']) =>
  famLength === 0 && /^(fam|sum)/.test(preset) ? 'bswa' : preset;

export const line = (name: string, content: string) => ` ${name.padEnd(12)}${content}`;
