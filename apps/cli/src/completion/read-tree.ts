import type { Command, Option } from 'commander';

/** A command as completion sees it. */
export interface Node {
  /** Names from the root, such as `['tasks', 'ls']`. */
  path: string[];
  /** Names of the commands below. */
  commands: { name: string; summary: string }[];
  /** What its arguments may be, where these are few. */
  values: string[];
  options: { flags: string[]; summary: string; choices: string[]; takesValue: boolean }[];
}

/** Every command of the tree, the root first. */
export function readTree(root: Command): Node[] {
  return walk(root, []);
}

function walk(command: Command, path: string[]): Node[] {
  const children = command.commands.filter((child) => child.name() !== 'help');
  const node: Node = {
    path,
    commands: children.map((child) => ({ name: child.name(), summary: child.summary() })),
    values: command.registeredArguments.flatMap((argument) => argument.argChoices ?? []),
    options: [...command.options.filter((option) => !option.hidden).map(describe), HELP],
  };
  return [node, ...children.flatMap((child) => walk(child, [...path, child.name()]))];
}

const HELP = {
  flags: ['--help'],
  summary: 'print the help',
  choices: [],
  takesValue: false,
};

function describe({
  short,
  long,
  description,
  argChoices,
  required,
  optional,
}: Option): Node['options'][number] {
  const flags = [short, long].filter((flag) => flag !== undefined);
  return {
    flags,
    summary: description,
    choices: [...(argChoices ?? [])],
    takesValue: required || optional,
  };
}
