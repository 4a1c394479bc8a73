import { eventLimits } from '@belfry/contracts'
import type { LimitRow } from '@belfry/contracts/limits'
import { coreLimits } from '@belfry/core'
import { kafkaLimits } from '@belfry/kafka'
import { postgresLimits } from '@belfry/postgres'
import { serverLimits } from '../../src/limits/server-limits.ts'

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

For teams that operate Belfry: what it trusts, what it does not trust, and what is left to them.

## What is trusted

| what | extent |
| --- | --- |
| a valid token | fully, until its \`exp\`, which is at most a year away (and 30 seconds longer, because clocks differ; a verified token is remembered for 30 seconds): its person reads and marks that inbox, and its scopes grant their rights. Belfry has no list of revoked tokens, so issue tokens for minutes, not days |
| the holder of a signing key | for every person and every scope. \`jwks_url\` should be \`https\`, except on the same machine: an attacker who can change that answer can sign every token |
| a token with the scope \`events:write\` | it can notify every person, with the texts of events. Issue it only to services |
| Kafka and Postgres | fully: a client that can write to a topic, or to the database, needs no token. Keep them in a separate network, connect with \`tls\`, and grant the user of \`sasl\` only Belfry's topics and group |
| plugins | fully: they run in this process, with its rights. Review them like the rest of the app |
| the machine, and the folder of the embedded default | fully: \`.belfry\` contains the inboxes, the secret that signs tokens (\`token-secret\`) and the key of \`POST /dev/token\` (\`access-key\`), which only the user that runs Belfry can read. Belfry removes the rights of other users to these files and logs a warning; it refuses symbolic links and guessable secrets. The start warns of a folder that other users can enter |

\`POST /dev/token\` signs every token for a caller that has the access key. It exists only without an \`auth\` section, and then Belfry
listens only on loopback. \`belfry token\` also signs tokens, for a user that can read the secret. Belfry speaks plain HTTP: put a proxy with TLS
in front of it wherever clients connect from other machines.

## What is not trusted

Clients, the contents of events, frames of clients, pages of other sites.

- Events and requests are checked by schema, and unknown keys of requests are refused. Texts are kept and sent as texts; a page that
  shows them must escape them.
- A \`link\` leads to a path of the platform, to another site with \`https:\` or \`http:\`, or into an app whose scheme
  \`link_schemes\` lists. \`javascript:\` and similar schemes cannot be listed, and no white space, control or direction characters or \`\\\`
  can disguise the target. A service that sends events can lead people to any site: a page can warn before it leaves.
- An inbox is accessible only to its own person: the notification of another person is a 404.
- Pages of other sites cannot connect, unless \`http.allowed_origins\` lists their origin. Neither \`null\`, which every sandboxed page
  sends, nor \`file:\`, nor a pattern can be listed. A page belongs to Belfry where its origin is the \`Host\`: behind a
  proxy that sends another \`Host\`, such as nginx by default, \`http.allowed_origins\` must also list the address of the proxy.
- \`Host\`, \`Origin\`, \`Forwarded\`, \`X-Forwarded-*\` and the address of a client, also loopback, grant no right: only a token or the access
  key does. A proxy on the same machine, or a page whose name was rebound to this machine, opens nothing.
- Every answer has \`X-Content-Type-Options\`, \`X-Frame-Options\`, \`Referrer-Policy\` and a \`Content-Security-Policy\` that permits no
  scripts; \`/docs\` has one that permits its own files.
- An error contains nothing about the inside: that is in the log. No log line contains a token or a secret.

## Tokens

Tokens are sent in the \`Authorization\` header, or by sockets of browsers as a subprotocol, and never in the address, which proxies log.
Configure a proxy that logs \`Sec-WebSocket-Protocol\` not to do so.

| configured | accepted |
| --- | --- |
| \`secret\`, \`secrets\` | HS256 |
| \`public_key_file\` | the algorithms of the key: RS256, RS384, RS512, PS256, PS384 and PS512 (RSA of at least 2048 bits), ES256 (P-256), ES384 (P-384), EdDSA (Ed25519) |
| \`jwks_url\` | the same, by the kind of each key |

No other algorithm is accepted: not \`none\`, and no shared secret where a public key is configured. \`exp\` is required. Configure \`issuer\` and
\`audience\` too; otherwise tokens of other applications are valid here.

### Changing a secret

1. Generate a new secret: \`openssl rand -base64 48\`. Put it before the old one, \`secrets = [new, old]\`, and restart: both are valid.
2. Configure the service that signs tokens to use the new secret.
3. When the last token of the old secret has expired, remove the old secret and restart.

A \`public_key_file\` is read at start, and contains one key. With \`jwks_url\` no restart is needed: publish the new key in the set at least
30 seconds before it signs. A token with an unknown key makes Belfry fetch the set again, at most every 30 seconds. Belfry also fetches it every ten
minutes, so that a key that was removed from the set becomes invalid. While the set cannot be fetched, known keys remain valid: to
revoke a key at once, restart.

## The database

The role that migrates the store owns its tables: it needs the right to connect, and to create tables in the schema. Every other start needs less.
In this example the database is \`belfry\`, the role with fewer rights \`belfry_service\`, and the owner of the tables \`belfry_owner\`:

\`\`\`sql
REVOKE CONNECT ON DATABASE belfry FROM PUBLIC;
GRANT CONNECT ON DATABASE belfry TO belfry_service, belfry_owner;
GRANT USAGE ON SCHEMA public TO belfry_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO belfry_service;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO belfry_service;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO belfry_service;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO belfry_service;
\`\`\`

The owner of the database runs the first two statements. The owner of the tables runs the others, and starts each new version once, which migrates.

In Postgres every role can connect to the database unless that is revoked as above. A role that can connect can do four things that no grant of a
table prevents. The start logs a warning where \`PUBLIC\` can connect.

- It can hold the advisory locks of Belfry, in the same database: work that needs such a lock waits until that role disconnects.
- It can see in \`pg_locks\` the numbers of held locks, which are hashes of the names of keys.
- It can \`LISTEN\` to the messages between instances, and send \`NOTIFY\`. A payload names people by a hash with the salt of the store, and contains
  the numbers of their inboxes, a random name of the instance, a counter, and whether a person was erased or a topic
  paused; nothing else. A payload without the seal of the store, or one that was read before, is dropped. The store is queried for people whom a payload
  names as erased before a connection is closed.
- It can fill the queue of \`NOTIFY\`, which all databases of the server share (8 GB by default), with payloads that
  a listening session in an open transaction prevents from being removed. Once the queue is full, transactions that notify fail and are
  repeated, also those of Belfry. Monitor \`pg_notification_queue_usage()\`, and end such a session.

An address of Postgres must not have parameters that change TLS (\`sslmode\` and similar) where there is \`postgres.tls\`: such a start is
refused. The start logs a warning of a database or brokers on other machines without TLS, and of SASL \`plain\` without it.

## Limits

${limitRows().join('\n')}

Keys are those of \`[notification_service]\` ([configuration.md](configuration.md)). Each process counts separately.
An IPv6 address counts by its /64. Behind a proxy every address is the proxy's: failures from there are counted together, and no valid token
is refused because of them. The proxy limits the number of connections from one address.

\`/ready\`, \`/metrics\` and \`/docs\` need no token. All requests within a second share one check, operators and probes have
database connections of their own, and with \`http.ops_port\` none of this is on the public port.

## Reporting a vulnerability

Report it privately, through the security advisories of this repository ("Report a vulnerability"), never in a public issue. Describe what it
allows and how to reproduce it. You receive an answer there, and are named in the advisory if you wish.
`
}
