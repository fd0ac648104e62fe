import { mkdtempSync, chmodSync, chownSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findDebianPostgres, requirePart, startDebianPostgres } from '@mayfly/testkit';
import { describe, expect, it } from 'vitest';
import { Cluster } from '../cluster.ts';
import { readHistory } from '../history.ts';
import type { Member } from '../member.ts';
import { Scenario } from '../scenario.ts';
import { SmallDisk } from '../small-disk.ts';
import { hasPostgres } from './support.ts';

const DISK_MIB = 160;
const SETTINGS = ['max_wal_size=32MB', 'min_wal_size=32MB', 'max_connections=60'];
const KINDS = ['fault.inline', 'fault.thread', 'fault.process'];
const REFUSALS = 10;

// In CI it runs as root, so there a disk that cannot be made is a failure.
const canMount =
  process.getuid?.() === 0
    ? requirePart('a file system to fill', SmallDisk.canMount(), 'Allow root to mount a tmpfs.')
    : sayThatItIsSkipped();

describe.runIf(hasPostgres && canMount)('a database whose disk is full', () => {
  it('refuses with a remedy, stores nothing by halves, and goes on when there is room', async () => {
    await using stage = await Stage.open({ walApart: true });
    const { scenario, disk, cluster } = stage;
    const refusals = await stage.fillAndSubmit();
    for (const refusal of refusals) {
      expect(refusal).toMatchObject({ code: 'store.unavailable', status: 503 });
      expect(refusal.message).toMatch(/disk of the database is full .*free some space/i);
    }
    // The database has answered each of them: what it refused is not there.
    const { places } = await readHistory(cluster.postgres.url);
    expect(new Set(places.map(({ task }) => task))).toEqual(
      new Set(scenario.accepted.map(({ id }) => id)),
    );
    stage.expectAllAlive();
    disk.free();
    await stage.expectRecovery();
  });

  it('that holds its log as well ends the database, and nothing that was accepted', async () => {
    await using stage = await Stage.open({ walApart: false });
    const { disk, cluster } = stage;
    const refusals = await stage.fillAndSubmit();
    for (const refusal of refusals) {
      expect(refusal).toMatchObject({ code: 'store.unavailable', status: 503 });
    }
    stage.expectAllAlive();
    // What an operator does.
    disk.free();
    await cluster.postgres.end('SIGINT');
    await cluster.postgres.start();
    await stage.expectRecovery();
  });
});

class Stage {
  readonly disk: SmallDisk;
  readonly cluster: Cluster;
  readonly scenario: Scenario;
  readonly #walFolder: string | undefined;

  private constructor(disk: SmallDisk, cluster: Cluster, walFolder: string | undefined) {
    this.disk = disk;
    this.cluster = cluster;
    this.scenario = new Scenario(cluster);
    this.#walFolder = walFolder;
  }

  static async open({ walApart }: { walApart: boolean }): Promise<Stage> {
    const disk = new SmallDisk(DISK_MIB);
    try {
      const walFolder = walApart ? makeWalFolder() : undefined;
      const postgres = await startDebianPostgres(findDebianPostgres() as string, {
        parent: disk.folder,
        settings: SETTINGS,
        ...(walFolder === undefined ? {} : { walFolder }),
      });
      const options = { servers: 2, workers: 2, code: false, postgres };
      return new Stage(disk, await Cluster.start(options), walFolder);
    } catch (error) {
      disk.remove();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cluster.close();
    this.disk.remove();
    if (this.#walFolder !== undefined) rmSync(this.#walFolder, { recursive: true });
  }

  /** Under load, until so many submissions were refused. */
  async fillAndSubmit(): Promise<{ code: string; status: number; message: string }[]> {
    const { scenario, cluster, disk } = this;
    for (const type of KINDS) await scenario.submit(scenario.work(type, 3000));
    disk.fill();
    const refusals: { code: string; status: number; message: string }[] = [];
    for (let n = 0; refusals.length < REFUSALS; n++) {
      const server = cluster.servers[n % cluster.servers.length] as Member;
      // Wide rows, lest the room in pages that are there lasts for long.
      const description = 'x'.repeat(400);
      const work = scenario.work(KINDS[n % KINDS.length] as string, 50, { description });
      await scenario.submit(work, server).catch((error: unknown) => {
        refusals.push(error as (typeof refusals)[number]);
      });
      // What went well leaves its room to nobody.
      disk.fill();
    }
    return refusals;
  }

  expectAllAlive(): void {
    for (const { command, deaths } of [...this.cluster.servers, ...this.cluster.workers]) {
      expect(command.ended).toBe(false);
      expect(deaths).toEqual([]);
    }
  }

  async expectRecovery(): Promise<void> {
    const { scenario } = this;
    await scenario.until('the database to take tasks again', () =>
      scenario.submit(scenario.work('fault.inline', 10)).catch(() => undefined),
    );
    const { broken, finished } = await scenario.verdict();
    expect(broken).toEqual([]);
    expect(finished).toEqual({ completed: scenario.accepted.length });
    this.expectAllAlive();
  }
}

/** On another disk, for the account of the database. */
function makeWalFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'mayfly-wal-'));
  const { uid, gid } = statSync('/var/lib/postgresql');
  chownSync(folder, uid, gid);
  chmodSync(folder, 0o700);
  return folder;
}

function sayThatItIsSkipped(): boolean {
  process.stderr.write('\n*** SKIPPED: a full disk. Only root can make a small one. ***\n\n');
  return false;
}
