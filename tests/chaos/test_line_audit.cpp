// The judge is judged first: what it is to find, it finds.

#include "chaos/line_audit.h"
#include "chaos/log_follower.h"
#include "chaos/numbered_line.h"
#include "support/catch.h"
#include "support/scratch.h"

#include <fstream>
#include <functional>
#include <zstd.h>

using namespace holdfast::test;

namespace {

std::string line_text(std::uint64_t run, std::uint64_t number) {
  std::string text;
  append_line(text, "a", run, number);
  return text;
}

std::vector<std::string> lines_of(std::uint64_t run, std::uint64_t count) {
  std::vector<std::string> lines;
  for (std::uint64_t number = 1; number <= count; ++number)
    lines.push_back(line_text(run, number));
  return lines;
}

LineCounts judge(const std::vector<std::string>& lines, const std::vector<KnownRun>& runs) {
  LineAudit audit("a");
  for (const std::string& line : lines)
    audit.take(line);
  return audit.end(runs);
}

const std::vector<KnownRun> one_run{{.run = 1, .pid = 7, .lines = 30, .end = RunEnd::asked}};
const std::vector<KnownRun> one_killed{{.run = 1, .pid = 7, .lines = 30, .end = RunEnd::none}};

} // namespace

TEST_CASE("audit - lines that are all there are no failure", "[judge]") {
  auto lines = lines_of(1, 30);
  const auto more = lines_of(2, 5);
  lines.insert(lines.end(), more.begin(), more.end());
  auto runs = one_run;
  runs.push_back({.run = 2, .pid = 8, .lines = 5, .end = RunEnd::own});
  const auto counts = judge(lines, runs);
  CHECK(counts.failure() == "");
  CHECK(counts.whole == 35);
  CHECK(counts.split == 0);
}

TEST_CASE("audit - a newline that stands alone is that of a line that another run came behind", "[judge]") {
  auto lines = lines_of(1, 30);
  const auto more = lines_of(2, 5);
  lines.insert(lines.end(), more.begin(), more.end());
  auto runs = one_run;
  runs.push_back({.run = 2, .pid = 8, .lines = 5, .end = RunEnd::own});
  lines.emplace_back();
  const auto counts = judge(lines, runs);
  CHECK(counts.failure() == "");
  CHECK(counts.split == 1);
  // Once, and not where nobody came between.
  lines.emplace_back();
  CHECK(judge(lines, runs).torn == 1);
  auto alone = lines_of(1, 30);
  alone.emplace_back();
  CHECK(judge(alone, one_run).torn == 1);
}

TEST_CASE("audit - a line that is missing is lost, wherever it stood", "[judge]") {
  for (const std::size_t missing : {0U, 12U, 29U}) {
    auto lines = lines_of(1, 30);
    lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(missing));
    const auto counts = judge(lines, one_run);
    CHECK(counts.lost == 1);
    CHECK(counts.failure() != "");
  }
  CHECK(judge({}, one_run).lost == 30);
}

TEST_CASE("audit - a line that comes again is doubled", "[judge]") {
  for (const std::size_t again : {0U, 12U, 29U}) {
    auto lines = lines_of(1, 30);
    lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(again), lines[again]);
    const auto counts = judge(lines, one_run);
    CHECK(counts.doubled == 1);
    CHECK(counts.lost == 0);
  }
}

TEST_CASE("audit - a line with other bytes than were written is torn", "[judge]") {
  for (const std::function<void(std::string&)>& change : {
           std::function<void(std::string&)>([](std::string& line) { line.pop_back(); }),
           std::function<void(std::string&)>([](std::string& line) { line.back() = '?'; }),
           std::function<void(std::string&)>([](std::string& line) { line += "x"; }),
           std::function<void(std::string&)>([](std::string& line) { line.erase(0, 3); }),
           std::function<void(std::string&)>([](std::string& line) { line += line_text(1, 14); }),
       }) {
    auto lines = lines_of(1, 30);
    change(lines[12]);
    CHECK(judge(lines, one_run).torn > 0);
  }
}

TEST_CASE("audit - a line in two pieces with lines of another run between them is split and whole",
          "[judge]") {
  for (const std::size_t cut : {1U, 3U, 5U, 9U}) {
    auto lines = lines_of(1, 30);
    const std::string last = lines.back();
    lines.back() = last.substr(0, cut);
    lines.push_back(line_text(2, 1));
    lines.push_back(last.substr(cut));
    lines.push_back(line_text(2, 2));
    auto runs = one_run;
    runs.push_back({.run = 2, .pid = 8, .lines = 2, .end = RunEnd::asked});
    const auto counts = judge(lines, runs);
    INFO("cut after " << cut << ": " << counts.trouble);
    CHECK(counts.failure() == "");
    CHECK(counts.split == 1);
  }
}

TEST_CASE("audit - a piece without its rest is torn, but for the last line of a run that was killed",
          "[judge]") {
  auto lines = lines_of(1, 31);
  lines.back().resize(8);
  CHECK(judge(lines, one_killed).failure() == "");
  CHECK(judge(lines, one_run).torn > 0);
  lines = lines_of(1, 31);
  lines[5].resize(8);
  CHECK(judge(lines, one_killed).torn > 0);
}

TEST_CASE(
    "audit - lines of a run that nobody knows are a failure, and so is what the log says that it dropped",
    "[judge]") {
  auto lines = lines_of(1, 30);
  lines.push_back(line_text(2, 1));
  CHECK(judge(lines, one_run).failure() != "");
  lines.back() = "holdfast: 3 lines were dropped between 2026-11-24T06:53:30.123456Z and now: No space left";
  const auto counts = judge(lines, one_run);
  CHECK(counts.dropped == 3);
  CHECK(counts.failure() != "");
}

TEST_CASE("audit - the files of a log are read in the order of their names, with and without times",
          "[judge]") {
  const bool timestamps = GENERATE(true, false);
  const Scratch scratch;
  const std::string stamp = timestamps ? "2026-11-24T06:53:30.123456Z " : "";
  const std::vector<std::string> names{"a.log-20261124T065330.123456Z", "a.log-20261124T065330.123457Z",
                                       "a.log-20261124T065331.000000Z", "a.log"};
  std::uint64_t number = 0;
  const std::string cut = line_text(1, 11); // goes over the end of the first file
  for (const std::string& name : names) {
    std::ofstream file(scratch / name);
    if (number == 10) {
      file << cut.substr(5) << '\n';
      ++number;
    }
    for (const std::uint64_t last = number / 10 * 10 + 10; number < last;)
      file << stamp << line_text(1, ++number) << '\n';
    if (number == 10) file << stamp << cut.substr(0, 5);
  }
  LogFollower follower(
      {.service = "a", .logs = scratch.path(), .records = scratch.path(), .timestamps = timestamps});
  follower.read_put_aside();
  CHECK(follower.counts().whole == 10);
  const auto counts = follower.end();
  CHECK(counts.whole == 40);
  // No run is known, since none made a record here.
  CHECK(counts.torn == 1);
  CHECK(counts.lost == 0);
}

TEST_CASE("audit - an archive that fills what it is read into exactly is whole", "[judge]") {
  const Scratch scratch;
  std::string text;
  std::uint64_t number = 0;
  while (text.size() + 1000 < 1U << 20U)
    text += line_text(1, ++number) + '\n';
  text.append((1U << 20U) - text.size() - 1, 'x') += '\n';
  std::string compressed(ZSTD_compressBound(text.size()), '\0');
  compressed.resize(ZSTD_compress(compressed.data(), compressed.size(), text.data(), text.size(), 1));
  std::ofstream(scratch / "a.log-20261124T065330.123456Z.zst") << compressed;
  LogFollower follower(
      {.service = "a", .logs = scratch.path(), .records = scratch.path(), .timestamps = false});
  CHECK(follower.end().whole == number);
}
