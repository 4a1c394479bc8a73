/** What is measured: the names are those that Prometheus sees, below `belfry_`. */
export const definitions = {
  build_info: { type: 'gauge', help: 'Always 1; `version` is the version of this instance', labels: ['version'] },
  events_applied_total: { type: 'counter', help: 'Events applied, repeats not counted', labels: ['topic', 'type'] },
  events_repeated_total: {
    type: 'counter',
    help: 'Events that had been applied before and so had no effects',
    labels: [],
  },
  events_unknown_total: {
    type: 'counter',
    help: 'Records of a type that no plugin listens to, which were skipped; `meant` is the type that is probably meant, and empty where none is similar',
    labels: ['topic', 'type', 'meant'],
  },
  records_noticed_total: {
    type: 'counter',
    help: 'Records that differ from what producers are to send, by the forms above',
    labels: ['topic', 'form'],
  },
  events_reused_ids_total: {
    type: 'counter',
    help: 'Repeats whose type or data is not that of the event that was applied under their `source` and `id`: they were dropped, and a log line (`EVENT_ID_REUSED`) names each',
    labels: ['topic', 'type'],
  },
  events_too_old_total: {
    type: 'counter',
    help: 'Events older than `notify_max_age`, which changed audiences and profiles and sent no notification',
    labels: ['topic'],
  },
  notifications_total: { type: 'counter', help: 'Notifications that reached an inbox', labels: ['plugin', 'message'] },
  notifications_unsent_total: {
    type: 'counter',
    help: 'Notifications that were not sent: `withdrawn` where their key had been withdrawn before, `expired` where they had expired before they arrived, `empty_audience` for each audience without members',
    labels: ['plugin', 'message', 'reason'],
  },
  notifications_dropped_total: {
    type: 'counter',
    help: 'Notifications to people who are erased, which went nowhere',
    labels: [],
  },
  dead_letters_total: {
    type: 'counter',
    help: 'Events that became a dead letter; plugin is empty where the record could not be read',
    labels: ['plugin', 'code'],
  },
  ready: {
    type: 'gauge',
    help: 'What `/ready` reports of the store, the source and each topic: 1 where it is ok, 0 where it is degraded or down',
    labels: ['part'],
  },
  lag_events: { type: 'gauge', help: 'Events of a partition that are not applied', labels: ['topic', 'partition'] },
  lag_seconds: {
    type: 'gauge',
    help: 'Age of the oldest event of a partition that is not applied, in seconds; 0 where there is none',
    labels: ['topic', 'partition'],
  },
  apply_batch_events: {
    type: 'histogram',
    help: 'Events in one transaction',
    labels: [],
    buckets: [1, 2, 5, 10, 25, 50, 100, 250, 500],
  },
  apply_seconds: {
    type: 'histogram',
    help: 'Time that one transaction took, in seconds',
    labels: [],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
  },
  sockets: { type: 'gauge', help: 'Connections that are open: WebSockets and event streams', labels: [] },
  frames_total: { type: 'counter', help: 'Frames sent', labels: ['type'] },
  resumes_total: { type: 'counter', help: 'Connections that requested the changes they lack', labels: [] },
  resets_total: { type: 'counter', help: 'Connections whose client had to load everything again', labels: [] },
  closes_total: {
    type: 'counter',
    help: 'WebSockets closed, by close code; `other` where a client has sent an unknown one',
    labels: ['code'],
  },
  limited_total: {
    type: 'counter',
    help: 'Requests, frames and connections turned away by a limit of docs/security.md, by its name',
    labels: ['limit'],
  },
  thread_restarts_total: {
    type: 'counter',
    help: 'Restarts of threads of the intake: after an end, a silence or a full memory',
    labels: [],
  },
  event_to_socket_seconds: {
    type: 'histogram',
    help: 'Time from the moment that the log took an event until what it changed was handed to the sockets, in seconds',
    labels: [],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60],
  },
  event_to_seen_seconds: {
    type: 'histogram',
    help: 'Time from the moment that a notification arrived until a client reported that it was shown, in seconds',
    labels: [],
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600, 3_600],
  },
} as const satisfies Readonly<Record<string, Definition>>

export interface Definition {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly labels: readonly string[]
  readonly buckets?: readonly number[]
}

/** Conditions that need an operator. */
export const alerts: readonly { readonly name: string; readonly expression: string; readonly means: string }[] = [
  {
    name: 'BelfryLags',
    expression: 'max by (topic) (belfry_lag_seconds) > 60',
    means:
      'Events wait for more than a minute: `/ready` reports what the intake waits for, `GET /v1/ops/positions` where.',
  },
  {
    name: 'BelfryDegraded',
    expression: 'max_over_time(belfry_ready[5m]) == 0',
    means:
      'A part has not been ok for five minutes, and `/ready` reports why: the store or the log is away, a partition stands still, a thread ends again and again, or a topic is paused, by an operator or because it holds something else than events.',
  },
  {
    name: 'BelfryUnsteady',
    expression: 'changes(belfry_ready[15m]) > 4 or increase(belfry_thread_restarts_total[15m]) > 2',
    means:
      'A part is away again and again, or intake threads are restarted again and again: their lines in the log have the reason.',
  },
  {
    name: 'BelfryDeadLetters',
    expression: 'increase(belfry_dead_letters_total[10m]) > 0',
    means:
      'An event was not turned into notifications: `GET /v1/ops/dead-letters` lists which event, which plugin and why.',
  },
  {
    name: 'BelfryReusedIds',
    expression: 'increase(belfry_events_reused_ids_total[10m]) > 0',
    means:
      'A producer has used the id of an event again for other content, which was dropped: the log lines with `EVENT_ID_REUSED` have the source, the id and the place.',
  },
  {
    name: 'BelfryMistypedEvents',
    expression: 'increase(belfry_events_unknown_total{meant!=""}[10m]) > 0',
    means:
      'Events of a type that is probably misspelt are skipped: `/ready` names it beside its topic, a log line has the place of the first.',
  },
  {
    name: 'BelfryApplySlow',
    expression: 'histogram_quantile(0.99, rate(belfry_apply_seconds_bucket[5m])) > 1',
    means: 'Transactions are slow: check the database.',
  },
  {
    name: 'BelfrySlowReaders',
    expression: 'rate(belfry_closes_total{code="4008"}[10m]) > 1',
    means: 'Clients read too slowly and are cut off; they resume, and lose nothing.',
  },
  {
    name: 'BelfryDown',
    expression: 'up{job="belfry"} == 0',
    means: 'No notification arrives. Nothing is lost: Belfry goes on where it stopped.',
  },
]
