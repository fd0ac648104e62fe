import type { ConnectionSettings } from '@mayfly/postgres';
import pg from 'pg';

/** What a change of schema can change, each part as sorted lines. Day partitions are left out. */
const PARTS: Record<string, string> = {
  types: `
    select typname || ' = ' || string_agg(enumlabel, ' | ' order by enumsortorder) as line
    from pg_type join pg_enum on enumtypid = pg_type.oid
    where typnamespace = 'mayfly'::regnamespace group by typname`,
  columns: `
    select relname || '.' || attname || ' ' || format_type(atttypid, atttypmod)
      || case when attnotnull then ' not null' else '' end
      || case attidentity when 'a' then ' generated always as identity' else '' end
      || coalesce(' default ' || pg_get_expr(adbin, adrelid), '') as line
    from pg_attribute
    join pg_class on pg_class.oid = attrelid
    left join pg_attrdef on adrelid = attrelid and adnum = attnum
    where relnamespace = 'mayfly'::regnamespace and relkind in ('r', 'p', 'v')
      and attnum > 0 and not attisdropped and relname !~ '_[0-9]{8}(_[0-9]+)?$'`,
  constraints: `
    select relname || ': ' || pg_get_constraintdef(pg_constraint.oid) as line
    from pg_constraint join pg_class on pg_class.oid = conrelid
    where connamespace = 'mayfly'::regnamespace and contype in ('c', 'p', 'u', 'f', 'x')
      and relname !~ '_[0-9]{8}(_[0-9]+)?$'`,
  indexes: `
    select pg_get_indexdef(indexrelid) as line
    from pg_index join pg_class on pg_class.oid = indrelid
    where relnamespace = 'mayfly'::regnamespace and relname !~ '_[0-9]{8}(_[0-9]+)?$'`,
  storage: `
    select relname || ': ' || array_to_string(reloptions, ', ') as line
    from pg_class where relnamespace = 'mayfly'::regnamespace and reloptions is not null`,
  partitioning: `
    select relname || ' by ' || pg_get_partkeydef(pg_class.oid) as line
    from pg_class where relnamespace = 'mayfly'::regnamespace and relkind = 'p'
      and relname !~ '_[0-9]{8}$'`,
  functions: `
    select pg_get_functiondef(oid) as line from pg_proc where pronamespace = 'mayfly'::regnamespace`,
  views: `
    select relname || E':\\n' || pg_get_viewdef(oid) as line
    from pg_class where relnamespace = 'mayfly'::regnamespace and relkind = 'v'`,
};

/** The schema `mayfly` as text, so that a change of it can be read in a diff. */
export async function dumpSchema(settings: ConnectionSettings): Promise<string> {
  const client = new pg.Client(settings);
  await client.connect();
  try {
    const sections: string[] = [];
    for (const [part, text] of Object.entries(PARTS)) {
      const { rows } = await client.query<{ line: string }>(text);
      const lines = rows.map((row) => row.line).sort();
      sections.push(`## ${part}\n\n${lines.join('\n')}\n`);
    }
    return sections.join('\n');
  } finally {
    await client.end();
  }
}
