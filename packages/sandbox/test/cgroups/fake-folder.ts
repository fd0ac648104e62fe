import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ControlFolder } from '../../src/cgroups/control-folder.ts';

/** Files that the kernel puts into every group of cgroup v2. */
const FILES: Readonly<Record<string, string>> = {
  'cgroup.controllers': 'cpu memory pids\n',
  'cgroup.subtree_control': '\n',
  'cgroup.procs': '',
  'cgroup.events': 'populated 0\nfrozen 0\n',
  'cgroup.kill': '',
  'cgroup.freeze': '0\n',
  'cpu.stat': 'usage_usec 0\nuser_usec 0\n',
  'memory.current': '0\n',
  'memory.peak': '0\n',
  'memory.max': 'max\n',
  'memory.swap.max': 'max\n',
  'memory.oom.group': '0\n',
  'memory.events': 'low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\n',
  'pids.current': '0\n',
  'pids.peak': '0\n',
  'pids.max': 'max\n',
  'pids.events': 'max 0\n',
};

/** A group in an ordinary folder: the files are there, the kernel behind them is not. */
export class FakeFolder extends ControlFolder {
  readonly #files: Readonly<Record<string, string>>;

  constructor(path: string, files: Readonly<Record<string, string>> = FILES) {
    super(path);
    this.#files = files;
  }

  /** The same kind of group without some files, as an older kernel has it. */
  static without(path: string, ...names: string[]): FakeFolder {
    const files = Object.entries(FILES).filter(([name]) => !names.includes(name));
    return new FakeFolder(path, Object.fromEntries(files));
  }

  override child(name: string): FakeFolder {
    return new FakeFolder(join(this.path, name), this.#files);
  }

  override make(): void {
    const existed = this.has('cgroup.procs');
    super.make();
    if (existed) return;
    for (const [name, content] of Object.entries(this.#files)) {
      writeFileSync(join(this.path, name), content);
    }
  }

  override remove(): boolean {
    if (this.has('cgroup.procs') && this.listChildren().length === 0) {
      for (const name of readdirSync(this.path)) rmSync(join(this.path, name));
    }
    return super.remove();
  }
}
