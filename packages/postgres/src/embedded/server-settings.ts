/**
 * The settings of an embedded server: a developer's machine with two cores, one application, and
 * queue tables where rows live for seconds.
 */
const ALWAYS: Record<string, string> = {
  // Reach: one private socket.
  listen_addresses: '', // no TCP: the socket's folder is the only door
  unix_socket_permissions: '0700', // a second lock on that door
  max_connections: '50', // one application with a few pools; each costs memory
  cluster_name: 'mayfly', // tells these processes from other servers in ps

  // Memory.
  shared_buffers: '128MB', // holds the hot tables; large enough for a laptop to spare
  effective_cache_size: '1GB', // lets the planner trust the system's cache
  work_mem: '16MB', // sorts of lists and filters stay in memory
  maintenance_work_mem: '64MB', // one pass is enough to vacuum a hot table

  // Write-ahead log. Not compressed: these binaries only know pglz, which takes more CPU than it
  // saves writing.
  wal_level: 'minimal', // nobody replicates an embedded server
  max_wal_senders: '0', // goes with it
  max_logical_replication_workers: '0', // the same, and one process fewer
  checkpoint_timeout: '15min', // fewer page images, the largest part of the log under load

  // Planning and execution.
  jit: 'off', // compiling costs more than these short statements take
  max_parallel_workers_per_gather: '0', // two cores are busy; also spares a small /dev/shm
  io_method: 'sync', // three processes fewer, and as fast: the hot pages are in memory
  random_page_cost: '1.1', // solid-state disks

  // Vacuum: rows of hot tables die in seconds and must not pile up.
  autovacuum_naptime: '5s', // looks often
  autovacuum_max_workers: '2', // there are two cores
  autovacuum_vacuum_cost_delay: '0', // a pass over small tables should end, not pause
  autovacuum_vacuum_scale_factor: '0.05', // at 5 % dead rows, not 20 %
  autovacuum_vacuum_threshold: '500', // but not for every handful
  autovacuum_analyze_scale_factor: '0.05', // plans follow tables that fill and empty

  // Text and time do not depend on the machine.
  timezone: 'UTC',
  log_timezone: 'UTC',
  lc_messages: 'C',

  // The log is for starts, stops and crashes; clients are told of their own errors.
  log_min_messages: 'log',
  log_checkpoints: 'off', // else two lines each few minutes, for ever
  log_line_prefix: '%m [%p] ',
};

const DURABLE: Record<string, string> = {
  fsync: 'on', // acknowledged means flushed
  synchronous_commit: 'on', // the same
  full_page_writes: 'on', // the same, after a power cut in the middle of a page
  max_wal_size: '4GB', // checkpoints by time, not by load
  min_wal_size: '256MB', // keeps log files for reuse instead of making new ones
};

const THROW_AWAY: Record<string, string> = {
  fsync: 'off', // nothing survives the process anyway
  synchronous_commit: 'off', // the same
  full_page_writes: 'off', // the same
  max_wal_size: '256MB', // the log lies in memory too
  min_wal_size: '32MB', // the same
  dynamic_shared_memory_type: 'mmap', // its files lie in the folder too, and vanish with it
};

/** All settings of a server; `own` ones win. */
export function serverSettings(
  durable: boolean,
  own: Record<string, string> = {},
): Record<string, string> {
  return { ...ALWAYS, ...(durable ? DURABLE : THROW_AWAY), ...own };
}
