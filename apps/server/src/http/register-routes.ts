import type { Host, Intake, Publisher, RetryResult, Store } from '@belfry/core'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import type { Auth } from '../auth/auth.ts'
import type { DevTokens } from '../auth/dev-tokens.ts'
import type { Config } from '../config/schema.ts'
import type { Delivery } from '../delivery/delivery.ts'
import type { Show } from '../delivery/show.ts'
import { serverLimits } from '../limits/server-limits.ts'
import type { Checks } from '../metrics/checks.ts'
import type { Metrics } from '../metrics/metrics.ts'
import type { Notices } from '../metrics/notices.ts'
import { createOperatorTurns } from './admission/operator-turns.ts'
import { createLimits } from './admission/rate-limits.ts'
import { createTurns } from './admission/turns.ts'
import { AllowedOrigins } from './allow-origins.ts'
import { createWaitingBytes } from './connections/waiting-bytes.ts'
import { deadLetterRoutes } from './routes/dead-letters.ts'
import { devTokenRoutes } from './routes/dev-token.ts'
import { eventRoutes } from './routes/events.ts'
import { healthRoutes } from './routes/health.ts'
import { metricsRoutes } from './routes/metrics.ts'
import { notificationRoutes } from './routes/notifications.ts'
import { opsRoutes } from './routes/ops.ts'
import { peopleRoutes } from './routes/people.ts'
import { streamRoutes } from './routes/stream.ts'

export interface RoutesOptions {
  readonly config: Pick<Config, 'http' | 'limits'>
  readonly host: Host
  readonly store: Store
  readonly publisher: Publisher
  readonly delivery: Delivery
  readonly intake: Intake
  /** Tries a dead letter again. */
  readonly retry: (id: number, force: boolean) => Promise<RetryResult>
  /** Returns notifications as clients get them. */
  readonly show: Show
  readonly checks: Checks
  readonly metrics: Metrics
  readonly notices: Pick<Notices, 'add'>
  readonly auth: Auth
  /** Only on the embedded default, while it listens on loopback. */
  readonly devTokens?: DevTokens
  readonly version: string
  readonly logger: Logger
  /** Milliseconds since 1970. */
  readonly clock: () => number
}

/** Registers every route, with what limits them. */
export async function registerRoutes(app: FastifyInstance, options: RoutesOptions): Promise<void> {
  const { config, host, store, publisher, delivery, intake, retry, show, checks, metrics, notices, auth, devTokens } =
    options
  const { version, logger, clock } = options
  const { history, inboxes, deadLetters, people } = store
  const { sockets } = delivery
  const limits = createLimits(config.limits, metrics.limited)
  const gate = { auth, limits }
  const turns = createTurns({
    atOnce: serverLimits.PERSON_AT_ONCE.most,
    waiting: serverLimits.PERSON_WAITING.most,
    onBeyond: () => metrics.limited('PERSON_WAITING'),
  })
  const operators = createOperatorTurns(() => metrics.limited('OPERATORS_WAITING'))
  const waiting = createWaitingBytes()
  const origins = new AllowedOrigins(config.http.allowed_origins)
  await app.register(eventRoutes, { gate, contracts: host.contracts, publisher, metrics, notices, clock })
  await app.register(notificationRoutes, { gate, turns, history, inboxes, delivery, show })
  await app.register(streamRoutes, { gate, sockets, metrics, origins, waiting, logger, clock })
  await app.register(opsRoutes, { gate, operators, host, checks, intake, clock })
  await app.register(deadLetterRoutes, { gate, operators, history, deadLetters, delivery, retry })
  await app.register(peopleRoutes, { gate, operators, inboxes, people, delivery, clock })
  await app.register(healthRoutes, { checks, version })
  await app.register(metricsRoutes, { checks })
  if (devTokens) await app.register(devTokenRoutes, { devTokens, limits })
}
