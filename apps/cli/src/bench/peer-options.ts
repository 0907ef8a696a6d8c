/** Options of benchmarks that have peers. */
import { Option } from 'commander';
import { oneOf } from '../options.ts';
import { type Clock, clocks } from './clock.ts';

export const peerOption = (): Option =>
  new Option('--peer <command>', 'a peer; may be given several times')
    .argParser((value: string, before: readonly string[]) => [...before, value])
    .default([], 'none');

export const clockOption = (): Option =>
  new Option('--clock <name>', `what seconds are counted by: ${clocks.join(' or ')}`)
    .argParser(oneOf<Clock>('--clock', clocks))
    .default('wall');
