"use strict";

// The calculator under the grid: a hidden size and a number of epochs typed -> how long a run takes in each way, and which
// way is the quickest. It computes from the runs themselves as payoff.comparisons.run_times does, which explains the
// arithmetic; a test holds both to each other.

{
  /** Seconds of a run in each repetition; null where a repetition does not have it. */
  function secondsOf(way, size, epochs) {
    const besides = valuesAt(way.sizes, way.besides, size);
    const epoch = valuesAt(way.sizes, way.epoch, size);
    return besides.map((value, at) => (value === null || epoch[at] === null ? null : value + epochs * epoch[at]));
  }

  /** The values of all repetitions at a size: on the line through the two nearest measured sizes. */
  function valuesAt(sizes, values, size) {
    const measured = sizes.indexOf(size);
    if (measured >= 0) return values[measured];
    let above = sizes.findIndex((larger) => larger >= size);
    above = Math.max(1, above < 0 ? sizes.length - 1 : above);
    const share = (size - sizes[above - 1]) / (sizes[above] - sizes[above - 1]);
    return values[above].map((high, at) => {
      const low = values[above - 1][at];
      if (low === null || high === null) return null;
      const line = low + share * (high - low);
      return size < sizes[0] ? Math.max(line, (values[0][at] * size) / sizes[0]) : line;
    });
  }

  function spanOf(way, beyond) {
    const [first, last] = [way.sizes[0], way.sizes.at(-1)];
    return way.sizes.length === 1 ? [first, first] : [first / beyond, last * beyond];
  }

  /** Median, low and high of the geometric mean, with the interval of Student's t; no interval from too few values. */
  function spread(logs, quantiles) {
    const n = logs.length;
    const mean = logs.reduce((sum, value) => sum + value, 0) / n;
    const squares = logs.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    const reach = n in quantiles ? quantiles[n] * Math.sqrt(squares / (n - 1) / n) : NaN;
    return { median: Math.exp(mean), low: Math.exp(mean - reach), high: Math.exp(mean + reach), n };
  }

  function logsOf(values) {
    return values.filter((value) => value !== null).map(Math.log);
  }

  function ratioOf(above, under, quantiles) {
    const ratios = above.map((value, at) => (value === null || under[at] === null ? null : value / under[at]));
    return spread(logsOf(ratios), quantiles);
  }

  /** All ways that reach the size, the quickest first; factor: how many times as long as the quickest it takes. */
  function choose(network, data, size, epochs) {
    const reached = network.ways.filter((way) => {
      const [low, high] = spanOf(way, data.beyond);
      return low <= size && size <= high;
    });
    const runs = reached.map((way) => {
      const seconds = secondsOf(way, size, epochs);
      const parts = [way.besides, way.epoch].map((values) => {
        return spread(logsOf(valuesAt(way.sizes, values, size)), data.quantiles).median;
      });
      return { name: way.name, seconds, parts, time: spread(logsOf(seconds), data.quantiles) };
    });
    runs.sort((one, other) => one.time.median - other.time.median);
    runs.slice(1).forEach((run) => (run.factor = ratioOf(run.seconds, runs[0].seconds, data.quantiles)));
    return runs;
  }

  /** The name of the way that is clearly the quickest; null if none is. */
  function clearWinner(network, data, size, epochs) {
    const runs = choose(network, data, size, epochs);
    const wins = (run) =>
      runs.every((other) => other === run || ratioOf(other.seconds, run.seconds, data.quantiles).low > 1);
    return (runs.length > 1 && runs.find(wins)?.name) || null;
  }

  /** Which way is clearly the quickest from how many epochs on: [epochs, name or null], ascending. */
  function changesOf(network, data, size) {
    const steps = [...Array(data.lookedAt).keys()];
    const looked = steps.map((step) => Math.round(data.mostEpochs ** (step / (data.lookedAt - 1))));
    const numbers = [...new Set(looked)];
    const winner = (epochs) => clearWinner(network, data, size, epochs);
    let before = winner(numbers[0]);
    const found = [[numbers[0], before]];
    numbers.slice(1).forEach((number, at) => {
      const after = winner(number);
      if (after !== before) {
        let [low, high] = [numbers[at], number];
        while (high - low > 1) {
          const middle = Math.floor((low + high) / 2);
          if (winner(middle) === before) low = middle;
          else high = middle;
        }
        found.push([high, after]);
      }
      before = after;
    });
    return found;
  }

  /** With at least three digits, and no exponent, as payoff.tables.formats.significant. */
  function significant(value) {
    const digits = Math.max(0, 2 - Math.floor(Math.log10(value)));
    return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  }

  /** Where the times at a size come from, if it was not measured; else nothing. */
  function toldSize(network, size) {
    const sizes = [...new Set(network.ways.flatMap((way) => way.sizes))].sort((one, other) => one - other);
    const [below, above] = [sizes.filter((other) => other < size).at(-1), sizes.find((other) => other > size)];
    const show = (number) => number.toLocaleString("en");
    if (sizes.includes(size)) return "";
    const found =
      below && above
        ? `was not measured: interpolated between H = ${show(below)} and ${show(above)}`
        : `is beyond the measured sizes, ${show(sizes[0])} to ${show(sizes.at(-1))}: extrapolated`;
    return `H = ${show(size)} ${found}; the intervals do not include the error of that. `;
  }

  function ends(estimate, show) {
    return Number.isNaN(estimate.low) ? "[too few]" : `[${show(estimate.low)}, ${show(estimate.high)}]`;
  }

  class Calculator {
    constructor(data, place) {
      this.data = data;
      this.network = make("select", { id: "calculator-network" });
      data.networks.forEach((network, at) => this.network.append(make("option", { value: at }, network.name)));
      this.hidden = make("input", { id: "calculator-hidden", type: "number", min: 1, inputmode: "numeric" });
      this.epochs = make("input", { id: "calculator-epochs", type: "number", min: 1, inputmode: "numeric", value: 30 });
      this.answer = make("div", { role: "status" });
      const several = data.networks.length > 1;
      const bar = make("div", { class: "controls", role: "group", "aria-label": "For my network" });
      bar.append("For my network:");
      if (several) bar.append(this.labelled("Network", this.network));
      bar.append(this.labelled("Hidden size", this.hidden), this.labelled("Epochs", this.epochs));
      place.after(make("div", { class: "calculator" }, bar, this.answer));
      for (const field of [this.network, this.hidden, this.epochs]) field.addEventListener("input", () => this.refresh());
      this.network.addEventListener("input", () => this.suggest());
      this.suggest();
    }

    labelled(text, field) {
      return make("span", {}, make("label", { for: field.id }, `${text}:`), " ", field);
    }

    get chosen() {
      return this.data.networks[this.network.value];
    }

    /** A hidden size in the middle of those that were measured. */
    suggest() {
      const sizes = this.chosen.ways[0].sizes;
      this.hidden.value = Math.round(Math.sqrt(sizes[0] * sizes.at(-1)));
      this.refresh();
    }

    refresh() {
      const [size, epochs] = [Number(this.hidden.value), Number(this.epochs.value)];
      const spans = this.chosen.ways.map((way) => spanOf(way, this.data.beyond));
      const [low, high] = [Math.min(...spans.map(([end]) => end)), Math.max(...spans.map(([, end]) => end))];
      const show = (number) => number.toLocaleString("en", { maximumFractionDigits: 0 });
      if (!Number.isInteger(size) || size < low || size > high) {
        this.say(`Allowed here: a hidden size from ${show(low)} to ${show(high)}.`);
      } else if (!Number.isInteger(epochs) || epochs < 1) {
        this.say("Allowed: a whole number of epochs, at least 1.");
      } else {
        this.tell(size, epochs);
      }
    }

    say(text) {
      this.answer.replaceChildren(make("p", {}, text));
    }

    tell(size, epochs) {
      const two = (value) => value.toFixed(2);
      const rows = choose(this.chosen, this.data, size, epochs).map(({ name, time, factor, parts }) => {
        const times = factor ? `${two(factor.median)} times ${ends(factor, two)} as long` : "";
        const taken = `${significant(time.median)} s ${ends(time, significant)}`;
        const made = `${significant(parts[0])} s + ${epochs.toLocaleString("en")} × ${significant(parts[1] * 1e3)} ms`;
        const cells = [taken, times, made].map((text) => make("td", {}, text));
        return make("tr", {}, make("th", { scope: "row" }, name), ...cells);
      });
      const changes = changesOf(this.chosen, this.data, size).map(
        ([from, name]) => `${name ?? "none"} from ${from.toLocaleString("en")}${from === 1 ? " epoch on" : ""}`,
      );
      this.say(`${toldSize(this.chosen, size)}Clearly the quickest: ${changes.join(", ")}.`);
      const headings = ["", "A run", "", "Start and end + epochs"].map((text) => {
        return make(text ? "th" : "td", text ? { scope: "col" } : {}, text);
      });
      const head = make("thead", {}, make("tr", {}, ...headings));
      this.answer.prepend(make("table", {}, head, make("tbody", {}, ...rows)));
    }
  }

  const costs = document.getElementById("costs");
  if (costs) new Calculator(JSON.parse(costs.textContent), costs);
}
