import { eventLimits } from '@belfry/contracts'
import type { LimitRow } from '@belfry/contracts/limits'
import { coreLimits } from '@belfry/core'
import { kafkaLimits } from '@belfry/kafka'
import { postgresLimits } from '@belfry/postgres'
import { serverLimits } from '../../src/limits.ts'

/** Every limit of every package. */
export const allLimits: readonly LimitRow[] = [
  serverLimits,
  eventLimits,
  coreLimits,
  kafkaLimits,
  postgresLimits,
].flatMap((table): readonly LimitRow[] => Object.values(table))

/** The table of limits, made from the code. */
function limitRows(): readonly string[] {
  const rows = allLimits.map(
    (row) =>
      `| ${row.what} | ${mostOf(row)} | ${row.key === undefined ? '' : `\`${row.key}\``} | ${row.beyond} | ${row.metric === undefined ? '' : `\`${row.metric}\``} | ${linkOf(row)} |`,
  )
  return ['| what | default | key | beyond it | metric | test |', '| --- | --- | --- | --- | --- | --- |', ...rows]
}

/** A size in the largest unit that divides it, a time in seconds, and anything else as its row names it. */
function mostOf({ most, unit }: LimitRow): string {
  if (unit === 'ms') return most % 1_000 === 0 ? `${most / 1_000} s` : `${most} ms`
  if (unit !== 'bytes') return `${most.toLocaleString('en-US')} ${unit}`
  if (most % 1_048_576 === 0) return `${most / 1_048_576} MiB`
  return most % 1_024 === 0 ? `${most / 1_024} KiB` : `${most.toLocaleString('en-US')} bytes`
}

function linkOf({ test }: LimitRow): string {
  const [path = ''] = test.split(': ', 1)
  return `[${path.split('/').at(-1)}](../${path})`
}

/** docs/security.md: what is trusted, what is not, and every limit. */
export function securityPage(): string {
  return `# Security

For teams that operate Belfry: what it trusts, what it does not, and what is theirs to do.

## What is trusted

| what | how far |
| --- | --- |
| a valid token | wholly, until its \`exp\` (and 30 seconds, because clocks differ; one that was verified is remembered for 30 seconds), which is at most a year away: its person reads and marks that inbox, and its scopes give their rights. Belfry keeps no list of tokens that were taken back, so let them live for minutes, not days |
| whoever signs tokens | to name any person and any scope. \`jwks_url\` should be \`https\`, except on the same machine: who can change that answer can sign as anybody |
| whoever has the scope \`events:write\` | to notify anybody, in words of the event. Give it to services only |
| Kafka and Postgres | wholly: whoever can write to a topic, or to the database, needs no token. Keep them in a network of their own, connect with \`tls\`, and give the user of \`sasl\` our topics and our group alone |
| plugins | wholly: they run in this process, with its rights. Review them like the rest of the app |
| the machine, and the folder of the embedded default | wholly: \`.belfry\` holds the inboxes, the secret that signs tokens (\`token-secret\`) and the key of \`POST /dev/token\` (\`access-key\`), which only the user that runs Belfry can read. A file that others can read is closed to them and a warning logged; a symbolic link, or a secret that can be guessed, is refused. Of a folder that others can enter, the start warns |

\`POST /dev/token\` signs any token for a caller that has the access key. It is there only without an \`auth\` section, and then Belfry
listens on loopback alone. \`belfry token\` signs tokens too, for a user that can read the secret. Belfry speaks plain HTTP: wherever
others connect, put a proxy with TLS before it.

## What is not trusted

Clients, what is inside events, frames of clients, pages of other sites.

- Events and requests are checked by schema, and unknown keys of requests are refused. Texts are kept and sent as texts; a page that
  shows them must escape them.
- A \`link\` leads to a path of the platform's own, openly to another site with \`https:\` or \`http:\`, or into an app whose scheme
  \`link_schemes\` names. No \`javascript:\` and the like can be named, and no white space, control or direction characters or \`\\\`
  hide where it leads. Whoever may send events can lead people to any site: a page may ask before it leaves.
- An inbox is found only by its own person: another's notification is a 404.
- Pages of other sites cannot connect, unless \`http.allowed_origins\` names them. A page is ours where its origin is the \`Host\`: behind a
  proxy that sends another \`Host\`, such as nginx by default, \`http.allowed_origins\` must name the proxy's own address too.
- \`Host\`, \`Origin\`, \`Forwarded\`, \`X-Forwarded-*\` and the address of a client, loopback too, give no right: a token does, or the access
  key. So a proxy on the same machine, or a page whose name was bent to this machine, opens nothing.
- Every answer has \`X-Content-Type-Options\`, \`X-Frame-Options\`, \`Referrer-Policy\` and a \`Content-Security-Policy\` that lets nothing
  run; \`/docs\` has one that lets it load its own files.
- An error says nothing of what is inside: that is for the log. No log line has a token or a secret.

## Tokens

Tokens come in the \`Authorization\` header, or from browsers' sockets as a subprotocol, and never in the address, which proxies log.
A proxy that logs \`Sec-WebSocket-Protocol\` must be told not to.

| configured | accepted |
| --- | --- |
| \`secret\`, \`secrets\` | HS256 |
| \`public_key_file\` | what the key is for: RS256, RS384, RS512, PS256, PS384 and PS512 (RSA of at least 2048 bits), ES256 (P-256), ES384 (P-384), EdDSA (Ed25519) |
| \`jwks_url\` | the same, by the kind of each key |

Nothing else is accepted: no \`none\`, and no shared secret where a public key is configured. \`exp\` is required. Configure \`issuer\` and
\`audience\` too, or tokens that were made for another application are good here.

### Changing a secret

1. Make the new one: \`openssl rand -base64 48\`. Put it before the old one, \`secrets = [new, old]\`, and restart: both are good.
2. Let whoever signs use the new one.
3. When the last token of the old one has expired, take the old one out and restart.

A \`public_key_file\` is read at start, and holds one key. With \`jwks_url\` nothing is restarted: publish the new key in the set at least
30 seconds before it signs. A token of a key that is not known makes Belfry fetch the set again, at most every 30 seconds, and every ten
minutes it does so by itself, so that a key that was taken out of the set ends. While the set cannot be fetched, known keys go on: to
end one at once, restart.

## The database

The role that migrates the store owns its tables: it may connect, and create tables in the schema. Every other start does with less. Here the
database is called \`belfry\`, the role that does with less \`belfry_service\`, and the owner of the tables \`belfry_owner\`:

\`\`\`sql
REVOKE CONNECT ON DATABASE belfry FROM PUBLIC;
GRANT CONNECT ON DATABASE belfry TO belfry_service, belfry_owner;
GRANT USAGE ON SCHEMA public TO belfry_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO belfry_service;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO belfry_service;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO belfry_service;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO belfry_service;
\`\`\`

The owner of the database runs the first two, the owner of the tables the others, and starts each new version once, which migrates.

Any role that may connect to the database, and in Postgres every role may unless it is revoked as above, can do four things that no grant
of a table prevents. A start logs a warning where \`PUBLIC\` may connect.

- It can hold the advisory locks of Belfry, in the same database: what needs such a lock waits until that role is gone.
- It can see in \`pg_locks\` the numbers of locks that are held, which are hashes of the names of keys.
- It can \`LISTEN\` to what instances tell one another, and \`NOTIFY\`. A payload names people by a hash with the salt of the store, and has
  the numbers of their inboxes, a name of the instance that is drawn at its start, a counter, and whether somebody was erased or a topic
  paused; nothing else. A payload without the seal of the store, or one that was read before, is dropped. Who is said to be erased is
  looked up in the store before a connection is closed.
- It can fill the queue of \`NOTIFY\`, which is one for all databases of the server (8 GB unless configured otherwise): by payloads that
  a session which listens in an open transaction keeps from being taken away. Once it is full, transactions that notify fail and are tried
  again, those of Belfry too. Watch \`pg_notification_queue_usage()\`, and end such a session.

An address of Postgres must not have parameters that change TLS (\`sslmode\` and the like) where there is \`postgres.tls\`: such a start is
refused. A start logs a warning of a database or brokers on other machines without TLS, and of SASL \`plain\` without it.

## Limits

${limitRows().join('\n')}

Keys are those of \`[notification_service]\` ([configuration.md](configuration.md)). Each process counts for itself.
An IPv6 address counts by its /64. Behind a proxy every address is the proxy's: what fails there is counted together, and no valid token
is refused for it. How many connections there are from one address is for the proxy to limit.

\`/ready\`, \`/metrics\` and \`/docs\` need no token. One check is made for all who ask within a second, operators and probes have
connections to the database of their own, and with \`http.ops_port\` none of it is on the public port.

## Reporting a weakness

Privately, through the security advisories of this repository ("Report a vulnerability"), never in a public issue. Say what can be done
with it, and how; you will get an answer there, and are named in the advisory if you wish.
`
}
