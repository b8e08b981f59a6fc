/** Purity release that every simulated array runs. */
export const SOFTWARE = "6.6.10";
/** Hardware of every simulated array. */
export const MODEL = "FA-X20R3";
