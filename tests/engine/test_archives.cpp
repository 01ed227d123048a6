// Log files that were put aside: compressed, and removed when they are not to be kept.

#include "stack_under_test.h"

#include "base/file.h"
#include "support/catch.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <optional>

using namespace holdfast;
using namespace holdfast::test;
using namespace std::chrono_literals;

namespace {

namespace fs = std::filesystem;

using Names = std::vector<std::string>;

const std::string early = "a.log-20260101T000000.000000Z";

/// Lines that it takes a while to compress.
constexpr int many = 3'000'000;

/// What `lines COUNT` writes.
std::string lines(int count) {
  std::string text;
  for (int i = 1; i <= count; ++i)
    text += "line " + std::to_string(i) + "\n";
  return text;
}

/// What was put aside, by name.
Names archives(const Place& place) {
  Names found;
  std::error_code gone;
  for (fs::directory_iterator at(place / "log", gone), end; !gone && at != end; at.increment(gone))
    if (at->path().filename().string().find(".log-") != std::string::npos)
      found.push_back(at->path().filename());
  std::sort(found.begin(), found.end());
  return found;
}

bool all_end_with(const Names& names, const std::string& ending) {
  return std::all_of(names.begin(), names.end(),
                     [&](const std::string& name) { return name.ends_with(ending); });
}

/// As zstdcat or zcat reads it.
std::string unpacked(const Place& place, const std::string& name) {
  const std::string command = (name.ends_with(".zst")  ? "zstdcat '"
                               : name.ends_with(".gz") ? "zcat '"
                                                       : "cat '") +
                              (place / ("log/" + name)) + "'";
  std::FILE* const output = ::popen(command.c_str(), "r");
  REQUIRE(output != nullptr);
  std::string text;
  std::array<char, 65536> block{};
  for (std::size_t n = 0; (n = std::fread(block.data(), 1, block.size(), output)) > 0;)
    text.append(block.data(), n);
  CHECK(::pclose(output) == 0);
  return text;
}

std::string whole_log(const Place& place, const StackUnderTest& stack) {
  std::string text;
  for (const std::string& name : archives(place))
    text += unpacked(place, name);
  return text + stack.log("a");
}

/// One service that writes so many lines; its log is put aside at 4 KiB.
model::StackSpec writing(const Place& place, int count) {
  auto spec = place.stack({Place::service("a", {"lines", std::to_string(count)})});
  spec.rotate_size = 4096;
  return spec;
}

/// Nothing goes for its age in the years to come, but what is from 1970.
model::StackSpec keeping(model::StackSpec spec) {
  spec.log_archives.keep_for = 50 * 365 * 24h;
  return spec;
}

std::vector<int> tidiers(const Place& place) {
  return linux_os::pids_below(place.cgroup() + "/look");
}

/// Stops what compresses the early one in the middle of it: from then on only a kill ends it.
std::optional<int> stopped_in_the_middle(const Place& place, const StackUnderTest& stack) {
  std::optional<int> stopped;
  const bool is = comes_true([&] {
    const auto now = tidiers(place);
    if (now.size() != 1 || ::kill(now[0], SIGSTOP) != 0) return false;
    if (fs::exists(place / ("log/" + early + ".zst.tmp"))) stopped = now[0];
    if (!stopped) ::kill(now[0], SIGCONT);
    return stopped.has_value();
  });
  if (!is) UNSCOPED_INFO(stack.output());
  return stopped;
}

bool is_written(const StackUnderTest& stack) {
  return stack.log("a").ends_with("line 3000\n");
}

void put_aside(const Place& place, const std::string& name, const std::string& text) {
  fs::create_directories(place / "log");
  REQUIRE(::chmod((place / "log").c_str(), 0750) == 0);
  REQUIRE(replace_file(place / ("log/" + name), text, 0640));
}

std::size_t times(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++count;
  return count;
}

bool says(const StackUnderTest& stack, const std::string& words) {
  const bool said = comes_true([&] { return times(stack.output(), words) > 0; });
  if (!said) UNSCOPED_INFO(stack.output());
  return said;
}

/// Empty where there is none.
std::string in_file(const std::string& path) {
  auto text = read_file(path, 1U << 20U);
  return text ? std::move(text).value() : std::string();
}

/// In place of the program that tidies.
void write_tidier(const Place& place, const std::string& script) {
  REQUIRE(replace_file(place / "tidier", script, 0644));
}

} // namespace

TEST_CASE("archives - what is put aside is compressed and has each line once") {
  const Place place;
  StackUnderTest stack(place, writing(place, 3000));
  CHECK(comes_true([&] { return is_written(stack) && all_end_with(archives(place), "Z.zst"); }));
  CHECK(archives(place).size() > 5);
  CHECK(whole_log(place, stack) == lines(3000));
  for (const std::string& name : archives(place))
    CHECK((fs::status(place / ("log/" + name)).permissions() & fs::perms::mask) == fs::perms(0640));
  CHECK(stack.ends_well());
  CHECK(whole_log(place, stack) == lines(3000));
}

TEST_CASE("archives - at the start what was left is compressed and what is too old goes and is told") {
  const Place place;
  if (!place.is_engine()) {
    put_aside(place, early, lines(500));
    put_aside(place, early + ".zst.tmp", "half");
    put_aside(place, "gone.log-19700101T000000.000000Z.gz", "0123456789");
    put_aside(place, "other.txt", "not ours");
  }
  auto spec = place.stack({Place::service("b", {"run"})});
  spec.log_archives.keep_for = 100 * 365 * 24h;
  auto next = spec;
  next.log_archives.keep_for = 50 * 365 * 24h;
  StackUnderTest stack(place, spec, next);
  CHECK(comes_true([&] {
    return archives(place) == Names{early + ".zst", "gone.log-19700101T000000.000000Z.gz"};
  }));
  CHECK(unpacked(place, early + ".zst") == lines(500));
  stack.reload();
  CHECK(says(stack, "1 archive removed, 10 B: older than 18250 days"));
  CHECK(archives(place) == Names{early + ".zst"});
  CHECK(fs::exists(place / "log/other.txt"));
  CHECK(stack.ends_well());
}

TEST_CASE("archives - a reload changes how they are compressed and how many are kept") {
  const Place place;
  auto spec = writing(place, 3000);
  spec.log_archives.compression = model::LogCompression::none;
  auto next = spec;
  next.log_archives.compression = model::LogCompression::gzip;
  next.log_archives.keep_files = 2;
  StackUnderTest stack(place, spec, next);
  CHECK(comes_true([&] { return is_written(stack); }));
  const Names plain = archives(place);
  REQUIRE(plain.size() > 5);
  CHECK(all_end_with(plain, "Z"));
  CHECK(whole_log(place, stack) == lines(3000));
  stack.reload();
  CHECK(says(stack, std::to_string(plain.size() - 2) + " archives removed, "));
  CHECK(says(stack, "beyond 2 of their service"));
  CHECK(comes_true([&] { return archives(place) == Names{plain.end()[-2] + ".gz", plain.back() + ".gz"}; }));
  CHECK(lines(3000).ends_with(whole_log(place, stack)));
  CHECK(stack.stays_ready("a"));
  CHECK(stack.ends_well());
}

TEST_CASE("archives - an engine that is killed while one is compressed is followed by one that ends it") {
  const Place place;
  if (!place.is_engine()) put_aside(place, early, lines(many));
  StackUnderTest stack(place, keeping(place.stack({Place::service("b", {"run"})})));
  for (int i = 0; i < 3; ++i) {
    const auto stopped = stopped_in_the_middle(place, stack);
    REQUIRE(stopped);
    REQUIRE(::kill(stack.engine(), SIGKILL) == 0);
    CHECK(comes_true([&] {
      const auto now = tidiers(place);
      return std::find(now.begin(), now.end(), *stopped) == now.end();
    }));
    CHECK(fs::exists(place / ("log/" + early)));
  }
  CHECK(comes_true([&] { return archives(place) == Names{early + ".zst"}; }));
  CHECK((unpacked(place, early + ".zst") == lines(many)));
  CHECK(stack.stays_ready("b"));
  CHECK(stack.ends_well());
}

TEST_CASE("archives - a stop does not wait for one that is compressed") {
  const Place place;
  if (!place.is_engine()) put_aside(place, early, lines(many));
  StackUnderTest stack(place, keeping(place.stack({Place::service("b", {"run"})})));
  REQUIRE(stopped_in_the_middle(place, stack));
  CHECK(stack.ends_well());
  CHECK_FALSE(fs::exists(place.cgroup() + "/look"));
  CHECK(fs::exists(place / ("log/" + early)));
}

TEST_CASE("archives - what tidies and does not get on is killed and holds up nobody") {
  const Place place;
  if (!place.is_engine()) write_tidier(place, "echo start >>" + (place / "starts") + "\nkill -STOP $$\n");
  StackUnderTest stack(place, writing(place, 3000));
  CHECK(says(stack, "log archives: the program that tidies them did not get on for 1 s, and is killed"));
  CHECK(comes_true([&] { return tidiers(place).empty(); }));
  CHECK(whole_log(place, stack) == lines(3000));
  CHECK(stack.stays_ready("a"));
  CHECK(stack.ends_well());
}

TEST_CASE("archives - what tidies may take long as long as it gets on") {
  const Place place;
  if (!place.is_engine())
    write_tidier(place, "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do\n echo '" +
                            wire::encode(wire::ArchiveTidings{}) + "'\n sleep 0.1\ndone\n: >" +
                            (place / "finished") + "\n");
  StackUnderTest stack(place, place.stack({Place::service("b", {"run"})}));
  CHECK(comes_true([&] { return fs::exists(place / "finished"); }));
  CHECK(stack.ends_well());
  CHECK(times(stack.output(), "log archives") == 0);
}

TEST_CASE("archives - what tidies and crashes is told and that alone") {
  const Place place;
  if (!place.is_engine()) write_tidier(place, "kill -SEGV $$\n");
  StackUnderTest stack(place, place.stack({Place::service("b", {"run"})}));
  CHECK(says(stack, "log archives: the program that tidies them: ended by SIGSEGV"));
  CHECK(stack.stays_ready("b"));
  CHECK(stack.ends_well());
}

TEST_CASE("archives - trouble that lasts is told once") {
  const Place place;
  if (!place.is_engine()) {
    wire::ArchiveTidings tidings;
    tidings.trouble = "a.log is not compressed: No space left on device";
    write_tidier(place, "echo '" + wire::encode(tidings) + "'\necho start >>" + (place / "starts") + "\n");
  }
  const auto spec = place.stack({Place::service("b", {"run"})});
  StackUnderTest stack(place, spec);
  for (std::size_t round = 1; round <= 3; ++round) {
    CHECK(comes_true([&] { return times(in_file(place / "starts"), "start") >= round; }));
    stack.reload();
  }
  CHECK(stack.ends_well());
  CHECK(times(stack.output(), "log archives: a.log is not compressed: No space left on device") == 1);
}
