/** What a peer is started with. */
export interface PeerEnvironment {
  readonly postgres: string
  readonly broker: string
  readonly topic: string
  readonly group: string
  readonly port: number
}

/** Reads what the bench has put into the environment of a peer. */
export function readPeerEnvironment(): PeerEnvironment {
  const read = (name: string): string => {
    const value = process.env[name]
    if (value === undefined) throw new Error(`${name} is missing in the environment of the peer`)
    return value
  }
  return {
    postgres: read('PG'),
    broker: read('BROKER'),
    topic: read('TOPIC'),
    group: read('GROUP'),
    port: Number(read('PORT')),
  }
}
