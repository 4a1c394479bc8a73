import { alerts, type Definition, definitions } from '../../src/metrics/definitions.ts'

/** docs/operations.md: what operators ask and how it is answered, and every metric with its meaning. */
export function operationsPage(): string {
  const metrics = Object.entries<Definition>(definitions).map(
    ([name, { type, help, labels }]) =>
      `| \`belfry_${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`,
  )
  const rules = alerts.map(({ name, expression, means }) => `| \`${name}\` | \`${expression}\` | ${means} |`)
  return `# Operations

For whoever runs Belfry and is asked what it did. The tables of metrics and alerts are made from the code; a test keeps them so.

With \`http.ops_port\` every call below goes to that port. Each needs a token with the scope \`ops\`. Where Belfry has the secret, \`belfry token\` signs one, with the configuration of
the instance; with \`public_key_file\` or \`jwks_url\` it comes from the identity provider:

\`\`\`sh
URL=http://127.0.0.1:8080
TOKEN=$(belfry token me --scope ops)
ops() { curl -s -H "Authorization: Bearer $TOKEN" "$@"; }
\`\`\`

## Why did u1 get this?

A notification is named by its person and its \`seq\`. The answer has the event and where it was read, the plugin and message, the
parameters of the text, and the audience that the person was in, if they were not named:

\`\`\`sh
ops $URL/v1/ops/people/u1/notifications/1
\`\`\`

An event's \`traceparent\` is in the answer too, and on every log line about the event.

Of warnings and errors of one code, plugin and topic the log has one line a second; its \`count\` says how many it stands for. What
became a dead letter is in the list all the same.

## How far behind are we?

\`\`\`sh
ops $URL/v1/ops/positions
\`\`\`

\`lag.events\` waits, and \`lag.seconds\` is the age of the oldest of it; \`waiting\` says in words what the intake waits for, if it does.
Every instance knows \`lag.events\` of all partitions, and the age only of those that it reads: of the others it says none, here as in
\`/metrics\`.

\`GET /ready\` says the same part by part and needs no token: 503 while the store does not answer, else 200, \`degraded\` where a topic
is paused, the source is away, a thread of the intake is being started anew, or a partition stands still. What is composed, with its
event types and messages: \`GET /v1/ops/plugins\`.

A topic that must not be applied for now is paused, on this instance at once and on the others as soon as they hear of it, over restarts
too, until it is resumed:

\`\`\`sh
ops -X POST $URL/v1/ops/topics/waitlist/pause
ops -X POST $URL/v1/ops/topics/waitlist/resume
\`\`\`

## What is stuck, and why?

What cannot be read, or what a plugin cannot tell, becomes a dead letter; everything else goes on. The newest first, by \`plugin\` and
\`code\` where they are asked for, \`next\` being the \`before\` of the next page:

\`\`\`sh
ops "$URL/v1/ops/dead-letters?limit=20&code=HANDLER_FAILED"
\`\`\`

\`code\` and \`message\` say why ([errors.md](errors.md)); the record as it came, byte by byte:

\`\`\`sh
ops $URL/v1/ops/dead-letters/1
\`\`\`

## How do I give back a dead letter?

Mend what is named, deploy, and try it again. It is decided as it would be today, by its plugin alone if it is one's, however old it is:

\`\`\`sh
ops -X POST $URL/v1/ops/dead-letters/1/retry
\`\`\`

| answer | means |
| --- | --- |
| 200, \`applied\` | done, and the letter is gone; \`notifications\` inboxes were reached at once |
| 200, \`repeat\` | its event had been sent again and applied meanwhile; the letter is gone |
| 409 \`DEAD_LETTER_FOLLOWED\` | later events of its key have been applied since (\`followedBy\`): look at what they have changed, then send \`{"force":true}\` |
| 422 \`DEAD_LETTER_FAILED_AGAIN\` | it is kept, with the reason of this time |
| 422 \`RETRY_IMPOSSIBLE\` | nothing can be made of its record: delete it |

Two letters are tried at once, and 100 more may wait. Send the next ones when those are answered, and one that was answered 429 or 503 again.

\`\`\`sh
ops -X POST $URL/v1/ops/dead-letters/2/retry -H 'Content-Type: application/json' -d '{"force":true}'
ops -X DELETE $URL/v1/ops/dead-letters/3
\`\`\`

## A partition stands still

\`/ready\` says which, and why: its topic was deleted and created again, it ends before what was read of it, it was read from the log in
the store so far, or what it has at an offset cannot be decoded. Nothing is given up before somebody has decided. Look at the partition
with Kafka's own tools, and say where it goes on; it does so within some seconds, without a restart:

\`\`\`sh
ops -X PUT $URL/v1/ops/topics/waitlist/partitions/0/position -H 'Content-Type: application/json' -d '{ "position": 0 }'
\`\`\`

From its beginning (the first offset that it has) nothing that is still there is missed, and events that were applied within
\`retention.identity_days\` are recognised. Past what cannot be decoded it is the first offset after that batch, once everything before is
applied.

While a partition is still applied, pause its topic before you look, and resume it afterwards: else it may be further than you have seen
(409 \`POSITION_MOVED\`). Forward, events in between that were not read are skipped: nobody is told, and no dead letter says so. Back, no
notification is repeated, but records that cannot be read become dead letters once more.

## How do I erase a person?

\`\`\`sh
ops -X DELETE $URL/v1/ops/people/u1
\`\`\`

Inbox, profile, memberships, what was still to reach them, and dead letters that name them are gone, and their sockets are closed. A hash
remains, so that a late event does not bring them back: what is sent to them is dropped and counted, until a \`user.created\` with a later
time. A \`user.deleted\` does the same. The topics of Kafka are not ours to erase.

What is kept about a person is removed in steps before the erasure takes the lock that every writer needs, so that others go on however
much that is. Whom a dead letter names is known by hashes that are kept with it.

A dead letter goes if any value in it is the person's id, whatever field it is in, and so even where it is the id of something else: look
at \`GET /v1/ops/dead-letters\` first where people and things share ids. What another plugin could not tell of the \`user.deleted\` itself
stays, or nobody would know. Not found are names inside of other texts: ids of events, keys of withdrawals and names of audiences that
were made from a person's.

## A store was restored

After a restore from a copy, numbers have gone back, and clients may hold numbers that are given out again. Start once with
\`--restored\`: the store's history gets a new name, and every client loads everything anew. A failover of Postgres to a replica needs
nothing: its timeline is part of that name.

With Kafka the next start notices by itself where events had been applied since the copy: the group's copies of the positions are ahead
of the store's. It does not notice where only marks were lost: give \`--restored\` all the same.
Events since the copy are read again, as far as their topics still have them, and tell people again, save those older than
\`notify_max_age\`. Stop all instances before you restore.

## Backups

Postgres: as any database of yours, physical or \`pg_dump\`. The embedded default: stop it and copy the folder.

## What is deleted when

Read or archived notifications after \`retention.read_days\`; all others are withdrawn after \`retention.days\` and deleted a day later, as
is whatever was withdrawn or has expired. Identities of events after \`retention.identity_days\`: an event that is sent again later counts
as a new one. Dead letters and ended memberships after \`retention.days\`. All of it in small steps, once an hour.

## Metrics

\`GET /metrics\`, without a token: let only your network reach it, or give it a port of its own (\`http.ops_port\`). What it says is up to a
second old, as it is in \`/ready\`: one check is made for all who ask.

| name | kind | labels | meaning |
| --- | --- | --- | --- |
${metrics.join('\n')}

## Alerts

| alert | expression | means |
| --- | --- | --- |
${rules.join('\n')}
`
}
