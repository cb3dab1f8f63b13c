/** One stream of frames through the network in use. When the network is replaced, the next one continues with the stream. */

/**
 * Resolves when the stream has ended, or the signal fires. A stream that ends by itself is over for every network. Asking again immediately
 * would loop forever without giving the page a turn.
 * @param streamed processes frames with this network until they end. Throws if the network is replaced
 * @param nextTurn waits while there is no network
 */
export async function follow<Network extends object>(
  inUse: () => Network | undefined,
  streamed: (network: Network) => Promise<void>,
  nextTurn: () => Promise<unknown>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const network = inUse();
    if (!network) {
      await nextTurn();
      continue;
    }
    try {
      return await streamed(network);
    } catch (error) {
      // A frame that was being processed when the network was replaced.
      if (network === inUse()) throw error;
    }
  }
}
