import type { Service } from './service.ts'
import type { Services } from './services.ts'
import { startBelfry } from './start-belfry.ts'
import { type PeerName, startPeer } from './start-peer.ts'

/** What can be measured on Kafka and Postgres. */
export type ServiceName = 'Belfry' | PeerName

/** Starts Belfry or a service that is written by hand, in a place of its own. */
export const startService = (services: Services, name: ServiceName): Promise<Service> =>
  name === 'Belfry' ? startBelfry(services) : startPeer(services, name)
