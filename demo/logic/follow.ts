/** One stream of pictures through whatever network is in use: the next one takes over where the former was when it went. */

/**
 * Resolves when the pictures have ended, or the signal fires. A stream that ends by itself is over for every network: asking again immediately
 * would go round for ever without giving the page a turn.
 * @param streamed looks at the pictures with this network until they end; throws where the network goes meanwhile
 * @param nextTurn waits for one, while no network is there
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
      // A picture that was under way when the network was replaced.
      if (network === inUse()) throw error;
    }
  }
}
