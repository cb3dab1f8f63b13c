// F(2x2, 3x3) of Lavin and Gray, https://arxiv.org/abs/1509.09308: rows of B transposed, G, A transposed.
const BT = array<f32, 16>(1, 0, -1, 0, 0, 1, 1, 0, 0, -1, 1, 0, 0, 1, 0, -1);
const G = array<f32, 12>(1, 0, 0, 0.5, 0.5, 0.5, 0.5, -0.5, 0.5, 0, 0, 1);
const AT = array<f32, 8>(1, 1, 1, 0, 0, 1, -1, -1);
