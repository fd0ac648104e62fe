import { systemClock } from '@mayfly/contracts';
import type { Command } from 'commander';
import { connect } from '../../connection/connect.ts';
import type { CliContext } from '../../context.ts';
import { addClientOptions, type ClientFlags } from '../../options/client-options.ts';
import { printTable } from '../../output/table.ts';
import { ago } from '../../output/times.ts';

/** `mayfly keys ls`. */
export function defineLs(command: Command, context: CliContext): void {
  addClientOptions(command).action(async (flags: ClientFlags) => {
    const { terminal } = context;
    const items = await connect(flags, context).apiKeys.list();
    if (flags.json) {
      terminal.printJson({ items });
      return;
    }
    const now = systemClock.now();
    printTable(terminal, items, [
      { title: 'ID', value: (key) => key.id },
      { title: 'NAME', value: (key) => key.name, flexible: true },
      { title: 'BEGINS WITH', value: (key) => key.prefix },
      { title: 'CLAIMS', value: (key) => key.claims.join(', ') },
      { title: 'MADE', value: (key) => ago(key.createdAt, now), expendable: 1 },
      { title: 'EXPIRES', value: (key) => ago(key.expiresAt, now) || 'never' },
    ]);
  });
}
