/** famjs doctor: examines, reports, and says by its exit status whether all is well. */
import { listBackends } from '@famjs/backends';
import pc from 'picocolors';
import { plural } from '../format.ts';
import { describeMachine } from '../report/machine.ts';
import { requireForNode, startBackend } from '../start-backend.ts';
import { famjsVersion } from '../versions.ts';
import { type Examination, examine } from './examine.ts';

interface DoctorOptions {
  backend?: string;
  json?: boolean;
}

/** @returns the exit status: 1 where something is wrong, or the backend that was asked for does not start */
export async function runDoctor({ backend, json }: DoctorOptions): Promise<number> {
  if (backend) requireForNode(backend);
  const all = await listBackends();
  const wanted = backend ? all.filter(({ name }) => name === backend) : all;
  if (wanted.length === 0) await startBackend(backend!); // Says which names there are.
  const machine = describeMachine();
  const say = (line: string) => void (json || process.stdout.write(`${line}\n`));
  say(`famjs ${famjsVersion} · Node ${machine.node} · ${machine.system}`);
  say(`${machine.processor} · ${plural(machine.cores, 'core')} · ${machine.memoryGiB} GiB`);
  const examinations: Examination[] = [];
  for await (const examination of examine(wanted)) {
    examinations.push(examination);
    for (const line of linesOf(examination)) say(line);
  }
  const ill = examinations.filter((each) => each.started && each.findings.length > 0);
  const missing = backend !== undefined && !examinations[0]!.started;
  const verdict =
    ill.length > 0
      ? `WRONG: ${ill.map(({ name }) => name).join(', ')}`
      : missing
        ? `${backend} does not start here`
        : 'sound';
  if (json)
    process.stdout.write(`${JSON.stringify({ famjs: famjsVersion, machine, examinations, verdict })}\n`);
  say(`\nVerdict: ${verdict}`);
  return verdict === 'sound' ? 0 : 1;
}

function linesOf(examination: Examination): string[] {
  const { name } = examination;
  if (!examination.started) {
    return [
      `${pc.yellow('–')} ${name.padEnd(11)}${examination.reason}`,
      `${' '.repeat(13)}To do: ${examination.remedy}`,
    ];
  }
  const { description, kernels, findings, seconds } = examination;
  const { version, device, driver, precision, emulated } = description;
  const about = [version, device, driver, precision, emulated && 'emulated'].filter(Boolean).join(' · ');
  const counted = `${plural(kernels.length, 'kernel')} and a model, ${seconds.toFixed(1)} s`;
  return [
    `${findings.length > 0 ? pc.red('✗') : pc.green('✓')} ${name.padEnd(11)}${about}`,
    `${' '.repeat(13)}${counted}: ${findings.length > 0 ? plural(findings.length, 'finding') : 'sound'}`,
    ...findings.map(({ of, message }) => `${' '.repeat(13)}${of}: ${message}`),
  ];
}
