import { alerts, type Definition, definitions } from '../../src/metrics/definitions.ts'
import { noticeKinds, unsentReasons } from '../../src/metrics/notice-kinds.ts'

/** docs/operations.md: the questions of operators with their answers, and every metric with its meaning. */
export function operationsPage(): string {
  const metrics = Object.entries<Definition>(definitions).map(
    ([name, { type, help, labels }]) =>
      `| \`belfry_${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`,
  )
  const rules = alerts.map(({ name, expression, means }) => `| \`${name}\` | \`${expression}\` | ${means} |`)
  const { unknown_type: _, ...forms } = noticeKinds
  const noticed = Object.entries(forms).map(([form, { means, remedy }]) => `| \`${form}\` | ${means} | ${remedy} |`)
  const unsent = Object.entries(unsentReasons).map(
    ([reason, { means, remedy }]) => `| \`${reason}\` | ${means} | ${remedy} |`,
  )
  return `# Operations

For the people who run Belfry and answer for it. A test compares the tables of metrics and alerts with the code.

With \`http.ops_port\` every call below goes to that port. Each call needs a token with the scope \`ops\`. Where Belfry has the secret, \`belfry token\`
signs one with the configuration of the instance; with \`public_key_file\` or \`jwks_url\` the token comes from the identity provider:

\`\`\`sh
URL=http://127.0.0.1:8080
TOKEN=$(belfry token me --scope ops)
ops() { curl -s -H "Authorization: Bearer $TOKEN" "$@"; }
\`\`\`

## Why did u1 get this?

A person and a \`seq\` name a notification. The answer contains the event and its place in the topic, the plugin and the message, the
parameters of the text, and, where the person was not named, the audience that the person was in:

\`\`\`sh
ops $URL/v1/ops/people/u1/notifications/1
\`\`\`

An event's \`traceparent\` is in the answer, and on every log line about the event.

The log has at most one line a second for warnings and errors of the same code, plugin and topic; \`count\` is the number of lines that it
replaces. The list of dead letters is complete.

## How far behind are we?

\`\`\`sh
ops $URL/v1/ops/positions
\`\`\`

\`lag.events\` is the number of events that wait, \`lag.seconds\` the age of the oldest of them. \`waiting\` describes what the intake waits
for, if it waits. Every instance reports \`lag.events\` of all partitions, but \`lag.seconds\` only of the partitions that it reads, here and in
\`/metrics\`.

\`GET /ready\` reports the same for each part and needs no token. It answers 503 while the store does not answer, otherwise 200. A part is
\`degraded\` where a topic is paused, the source is unavailable, an intake thread restarts, or a partition has stopped. \`GET /v1/ops/plugins\` lists the
composed plugins with their event types and messages.

A topic that must not be applied for now can be paused. This instance pauses it at once, the other instances as soon as they learn of it.
The topic stays paused over restarts, until it is resumed:

\`\`\`sh
ops -X POST $URL/v1/ops/topics/waitlist/pause
ops -X POST $URL/v1/ops/topics/waitlist/resume
\`\`\`

## What is stuck, and why?

A record that cannot be read, and an event that a plugin cannot handle, become dead letters; everything else continues. The list has the
newest first, and \`next\` is the \`before\` of the next page. It can be narrowed by \`plugin\`, \`code\`, \`topic\`, by the time at which they
became dead letters (\`from\`, and before \`to\`; a \`+\` is written \`%2B\`), by \`source\` and \`id\` of the event, by the \`key\` of the record, and by
a \`person\` whom it names:

\`\`\`sh
ops "$URL/v1/ops/dead-letters?limit=20&code=HANDLER_FAILED"
ops "$URL/v1/ops/dead-letters?topic=booking&person=u1&from=2026-05-01T00:00:00Z"
\`\`\`

\`code\` and \`message\` contain the reason, and \`remedy\` what to do ([errors.md](errors.md)). \`person\` finds what an erasure of the person would
delete. A letter that names more than a thousand people is found by them some seconds after it was written. One dead letter, with the record byte by byte:

\`\`\`sh
ops $URL/v1/ops/dead-letters/1
\`\`\`

## How do I retry a dead letter?

Fix the cause, deploy, and retry the dead letter. It is decided by the plugins as they are now, or by one plugin alone where it is the dead
letter of one plugin. Its age does not matter:

\`\`\`sh
ops -X POST $URL/v1/ops/dead-letters/1/retry
\`\`\`

| answer | means |
| --- | --- |
| 200, \`applied\` | applied, and the dead letter is deleted; \`notifications\` is the number of inboxes that received one at once |
| 200, \`repeat\` | the event was sent again under the same source and id, corrected for example, and has been applied since (\`repeated\` of the letter): nothing is applied now, and the dead letter is deleted |
| 409 \`DEAD_LETTER_FOLLOWED\` | later events of its key have been applied since (\`followedBy\`): check what they have changed, then send \`{"force":true}\` |
| 422 \`DEAD_LETTER_FAILED_AGAIN\` | the dead letter is kept, with the reason of this failure; where only notifications are invalid, the other effects of the plugin are applied |
| 422 \`RETRY_IMPOSSIBLE\` | the record can never be applied: delete the dead letter |

After \`NOTIFICATIONS_REFUSED\` a retry only notifies: what else the plugin returned for the event was applied.

Two retries run at once, and 100 more can wait. Send the next ones when those are answered, and repeat the ones that were answered with
429 or 503.

\`\`\`sh
ops -X POST $URL/v1/ops/dead-letters/2/retry -H 'Content-Type: application/json' -d '{"force":true}'
ops -X DELETE $URL/v1/ops/dead-letters/3
\`\`\`

## What do producers send otherwise than expected?

Belfry applies what it can understand, and skips what is not for it. None of that is silent: each form of a record is counted by topic
(\`belfry_records_noticed_total\`, and \`belfry_events_too_old_total\` for \`too_old\`), and the first record of a form in a topic is logged, with its
place, its event and the remedy. What this instance has read counts; after a restart it is logged again.

| form | what the record is like | what to do |
| --- | --- | --- |
${noticed.join('\n')}

**A type that no plugin listens to** is skipped, counted by topic and type (\`belfry_events_unknown_total\`: 200 types, and \`other\`) and logged once. Where
a type that plugins listen to is similar, the line is a warning with "did you mean", \`meant\` of the metric has that type, and for a day \`/ready\`
names it in the \`notes\` of its topic, whose status stays as it is. Types of other services in the same topic are lines of \`info\`, and however
many there are, misspelt types are still named. The skipped events are not applied later: correct the type, and send them again.

**An id that was used before for other content** (another type or other data; the order of keys, the time and other attributes do not
count) is dropped, as every repeat is: the first event wins. \`belfry_events_reused_ids_total\` counts it by topic and type, and a line
\`EVENT_ID_REUSED\` names source, id and place, with the hashes of both contents (\`applied\` and \`sent\`; they are salted, and show only whether
contents are the same). Updates need ids of their own, which contain a version ([producer.md](producer.md)). Numbers in the data beyond 2^53
are compared as JavaScript reads them. Events that were applied before there was a hash (migration 0008) are not compared.

## Which notifications are not sent?

Each is counted (\`belfry_notifications_unsent_total\`, and \`belfry_notifications_dropped_total\` for people who are erased), and the first of a message
and reason is logged with its event and place. A notification to a large audience that expires, or whose key is withdrawn, while it is
being sent is not counted.

| reason | what has happened | what to do |
| --- | --- | --- |
${unsent.join('\n')}

## A partition has stopped

\`/ready\` names the partition and the reason: its topic was deleted and created again, it ends before what was read of it, it was read from
the log in the store until now, or the record batch at an offset cannot be decoded. Belfry skips nothing before an operator has decided.
Inspect the partition with Kafka's own tools, and set the position where it continues. It does so within some seconds, without a restart:

\`\`\`sh
ops -X PUT $URL/v1/ops/topics/waitlist/partitions/0/position -H 'Content-Type: application/json' -d '{ "position": 0 }'
\`\`\`

From the beginning of the partition (its first available offset) nothing that still exists is missed, and events that were applied within
\`retention.identity_days\` are recognised. To pass a batch that cannot be decoded, set the first offset after it, once everything before it
is applied.

If the partition is still being applied, pause its topic first and resume it afterwards: otherwise the position may have moved since you
read it (409 \`POSITION_MOVED\`). Moving forward skips the unread events in between: they notify no person and leave no dead letters. Moving
back repeats no notification, but records that cannot be read become dead letters again.

## How do I erase a person?

\`\`\`sh
ops -X DELETE $URL/v1/ops/people/u1
\`\`\`

This deletes the inbox, the profile, the memberships, everything that has not reached the person yet, and the dead letters that name the
person, and closes the person's connections. A hash of the person's id remains, so that a late event does not bring the person back: later notifications
to the person are dropped and counted, until a \`user.created\` with a later time. A \`user.deleted\` does the same. Records in Kafka's topics
are not deleted. Nor are the identities of events with the salted hashes of their contents, before \`retention.identity_days\`.

What is kept about a person is deleted in steps before the erasure takes the lock that every writer needs, so that other writers continue
however much there is. Dead letters are found by hashes of the people that they name.

A dead letter is deleted if any value in it equals the person's id, whatever the field, and therefore also where the value is the id of
something else: check \`GET /v1/ops/dead-letters\` first where people and things share ids. The dead letter of another plugin for the
\`user.deleted\` itself is kept, because it reports a failure that needs attention. Ids within longer texts are not found: ids of events, keys
of withdrawals and names of audiences that were made from a person's id.

## A store was restored

After a restore from a copy, sequence numbers have gone back, and clients may hold numbers that will be assigned again. Start once with
\`--restored\`: the store's history gets a new epoch, and every client loads everything from the beginning. A failover of Postgres to a
replica needs no action: its timeline is part of the epoch.

With Kafka the next start detects events that were applied after the copy: the positions in the consumer group are ahead of those in the store. It does
not detect lost marks: use \`--restored\` in every case. Events since the copy are read again, as far as their topics still have them, and
notify people again, except those older than \`notify_max_age\`. Stop all instances before you restore.

## Backups

Postgres: as any other database, physical or \`pg_dump\`. The embedded default: stop the process and copy the folder.

## What is deleted when

Read or archived notifications are deleted after \`retention.read_days\`. All others are withdrawn after \`retention.days\`, and deleted a day
later, as are notifications that were withdrawn or have expired. Identities of events are deleted after \`retention.identity_days\`; an event that
is sent again later counts as a new event. Dead letters and ended memberships are deleted after \`retention.days\`. All of this is done in small
steps, once an hour.

## Metrics

\`GET /metrics\` needs no token: make it reachable only from your own network, or on a separate port (\`http.ops_port\`). Its values, and those of
\`/ready\`, are at most one second old: all requests within a second share one check.

| name | kind | labels | meaning |
| --- | --- | --- | --- |
${metrics.join('\n')}

## Alerts

| alert | expression | means |
| --- | --- | --- |
${rules.join('\n')}
`
}
