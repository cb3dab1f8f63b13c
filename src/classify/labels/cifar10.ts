/** The classes of CIFAR-10 in index order (A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009). */
export const names = `airplane|automobile|bird|cat|deer|dog|frog|horse|ship|truck`;
