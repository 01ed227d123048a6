#include "client/options.h"

#include "client/exit_code.h"
#include "client/line_pattern.h"
#include "client/since.h"
#include "wire/control.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <sstream>
#include <string_view>

namespace holdfast::client {
namespace {

constexpr int usage = static_cast<int>(ExitCode::usage);

constexpr std::array<std::string_view, 3> later_verbs = {"incidents", "alert", "drill"};
constexpr std::array<std::string_view, 11> options_with_value = {
    "--config", "--socket", "--cgroup", "--lines",  "-n", "--since",
    "--until",  "--grep",   "-g",       "--output", "-o"};

/// The verb first, then everything else as it came: each verb has its options, and they may stand before it.
std::vector<std::string> verb_first(std::vector<std::string> words) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--") break;
    if (!words[i].empty() && words[i].front() == '-') {
      if (std::find(options_with_value.begin(), options_with_value.end(), words[i]) !=
          options_with_value.end())
        ++i;
      continue;
    }
    const auto verb = words.begin() + static_cast<std::ptrdiff_t>(i);
    std::rotate(words.begin(), verb, verb + 1);
    break;
  }
  return words;
}

std::string name_mistake(const std::string& name) {
  return wire::is_service_name(name) ? "" : "not a service name: lower case letters, digits and hyphens";
}

std::string volume_mistake(const std::string& name) {
  // Volumes are named as services are.
  return wire::is_service_name(name) ? ""
                                     : "not the name of a volume: lower case letters, digits and hyphens";
}

/// CLI11 would take -1 for a very large number.
std::string number_mistake(const std::string& text) {
  return text.find_first_not_of("0123456789") == std::string::npos ? "" : "not a number: " + text;
}

std::string since_mistake(const std::string& text) {
  return moment_of(text, WallTime{})
             ? ""
             : "not a time such as 10m, today, 06:53 or 2026-11-24T06:53:30Z: " + text;
}

std::string pattern_mistake(const std::string& text) {
  if (text.empty()) return "an empty pattern is in every line";
  const auto pattern = LinePattern::compile(text);
  return pattern ? "" : pattern.error().what;
}

class Grammar {
public:
  explicit Grammar(const std::string& version)
      : app_("Keeps a web application's whole stack working, or not running at all.", "holdfast") {
    app_.require_subcommand(1);
    app_.set_version_flag("--version", "holdfast " + version);
    CLI::App* run = add(Verb::run, "run", "Run the stack in the foreground until Ctrl-C");
    run->add_option("--cgroup", options_.cgroup, "The cgroup to make the stack's below")->type_name("PATH");
    json(add(Verb::check, "check", "Look for every mistake in the configuration"));
    json(speaks(add(Verb::plan, "plan", "Show what a reload would change, and change nothing")));
    CLI::App* status = speaks(add(Verb::status, "status", "Show whether the stack works, and each service"));
    json(status);
    status->add_flag("-w,--watch", options_.watch, "Show it again after each change");
    CLI::App* explain = json(speaks(
        add(Verb::explain, "explain", "Show why the stack, or a service, is as it is, down to the cause")));
    name(explain);
    changes(add(Verb::start, "start", "Start the stack, or services and what they need"));
    changes(add(Verb::stop, "stop", "Stop the stack, or services after what needs them"));
    changes(add(Verb::restart, "restart", "Restart the stack, or services"));
    no_wait(speaks(add(Verb::reload, "reload", "Apply what changed in the configuration")));
    door(speaks(add(Verb::door, "door", "Keep the public out whatever the stack does, or no longer")));
    task();
    logs();
    CLI::App* events =
        shows_last(add(Verb::events, "events", "Show the last changes of services and of the stack"));
    events->add_flag("-f,--follow", options_.follow, "Go on with each new change");
    since(events)->excludes("--lines");
    volume();
    speaks(add(Verb::upgrade, "upgrade", "Hand the stack over to the version that is installed now"));
    json(speaks(add(Verb::version, "version", "Show the version of this program and of the daemon")));
  }

  Parsed parse(std::vector<std::string> words) {
    std::reverse(words.begin(), words.end()); // as CLI11 wants them
    try {
      app_.parse(std::move(words));
    } catch (const CLI::ParseError& said) {
      std::ostringstream out;
      std::ostringstream err;
      const int code = app_.exit(said, out, err);
      return {.options = {}, .text = out.str() + err.str(), .exit_code = code == 0 ? 0 : usage};
    }
    return {.options = options_, .text = {}, .exit_code = 0};
  }

private:
  CLI::App* add(Verb verb, const std::string& name, const std::string& about) {
    CLI::App* sub = app_.add_subcommand(name, about);
    sub->callback([this, verb] { options_.verb = verb; });
    sub->add_option("--config", options_.config, "The configuration")->type_name("FILE");
    return sub;
  }
  CLI::App* speaks(CLI::App* sub) {
    sub->add_option("--socket", options_.socket, "The daemon's control socket")->type_name("PATH");
    return sub;
  }
  CLI::App* json(CLI::App* sub) {
    sub->add_flag("--json", options_.json, "Print JSON");
    return sub;
  }
  CLI::App* named(CLI::App* sub) {
    sub->add_option("services", options_.services, "Names of services; none: all")
        ->check(name_mistake)
        ->type_name("SERVICE");
    return sub;
  }
  CLI::App* shows_last(CLI::App* sub) {
    sub->add_option("-n,--lines", options_.lines, "How many of the last ones")
        ->check(number_mistake)
        ->type_name("N");
    return json(speaks(sub));
  }
  CLI::App* no_wait(CLI::App* sub) {
    sub->add_flag("--no-wait", options_.no_wait, "Do not wait for the outcome");
    return sub;
  }
  CLI::Option* since(CLI::App* sub) {
    return sub
        ->add_option("--since", options_.since,
                     "Those since then: 10m, today, 06:53, 2026-11-24T06:53:30Z (UTC)")
        ->check(since_mistake)
        ->type_name("TIME");
  }
  void changes(CLI::App* sub) { no_wait(named(speaks(sub))); }
  /// At most one.
  CLI::Option* name(CLI::App* sub) {
    return sub->add_option("service", options_.services, "Name of a service")
        ->check(name_mistake)
        ->type_name("SERVICE")
        ->expected(1);
  }
  void door(CLI::App* sub) {
    sub->add_option_function<std::string>(
           "what", [this](const std::string& what) { options_.open = what == "open"; },
           "close: until it is opened; open: as the verdict says")
        ->required()
        ->check(CLI::IsMember({"close", "open"}))
        ->type_name("close|open");
  }

  void logs() {
    CLI::App* sub =
        named(shows_last(add(Verb::logs, "logs", "Show lines of services' logs, merged by time")));
    sub->add_flag("-f,--follow", options_.follow, "Go on with each new line");
    since(sub);
    sub->add_option("--until", options_.until, "Those until then, in the words of --since")
        ->check(since_mistake)
        ->type_name("TIME");
    sub->add_option("-g,--grep", options_.grep, "Those that match a regular expression (RE2)")
        ->check(pattern_mistake)
        ->type_name("PATTERN");
    sub->add_option("-o,--output", log_output_,
                    "short: for people; json: as --json; raw: the bytes as they are in the files")
        ->check(CLI::IsMember({"short", "json", "raw"}))
        ->type_name("short|json|raw");
    sub->callback([this] {
      options_.verb = Verb::logs;
      if (options_.follow && !options_.until.empty())
        throw CLI::ValidationError("--until", "it ends at a time, and --follow never does");
      if (options_.json && !log_output_.empty() && log_output_ != "json")
        throw CLI::ValidationError("--json", "it is -o json, and not -o " + log_output_);
      options_.json = options_.json || log_output_ == "json";
      options_.raw = log_output_ == "raw";
    });
  }

  /// run NAME; the name alone is short for that.
  void task() {
    CLI::App* sub = no_wait(speaks(add(Verb::task, "task", "Run a task now, and wait for its end")));
    sub->add_option("run", options_.services, "`run` and the name of a task, or the name alone")
        ->check(name_mistake)
        ->type_name("run TASK")
        ->required()
        ->expected(1, 2);
    sub->callback([this] {
      options_.verb = Verb::task;
      const bool says_run = options_.services.front() == "run";
      if (options_.services.size() == 1 && !says_run) return;
      if (options_.services.size() == 1 || !says_run)
        throw CLI::ValidationError("task", "write `holdfast task run NAME`");
      options_.services.erase(options_.services.begin());
    });
  }

  /// list, or adopt NAME.
  void volume() {
    CLI::App* sub = json(speaks(add(Verb::volume_list, "volume", "Show the volumes, or adopt one")));
    sub->add_option("what", volume_verb_, "list: show them; adopt: what is there is the volume that is meant")
        ->required()
        ->check(CLI::IsMember({"list", "adopt"}))
        ->type_name("list|adopt");
    sub->add_option("volume", options_.volume, "Name of the volume to adopt")
        ->check(volume_mistake)
        ->type_name("NAME");
    sub->callback([this] {
      const bool adopts = volume_verb_ == "adopt";
      options_.verb = adopts ? Verb::volume_adopt : Verb::volume_list;
      if (adopts == options_.volume.empty())
        throw CLI::ValidationError("volume",
                                   adopts ? "which volume is to be adopted?" : "list shows all volumes");
      if (adopts && options_.json) throw CLI::ValidationError("--json", "adopt prints no JSON");
    });
  }

  CLI::App app_;
  Options options_;
  std::string volume_verb_;
  std::string log_output_;
};

} // namespace

Parsed parse(const std::vector<std::string>& words, const std::string& version) {
  std::vector<std::string> ordered = verb_first(words);
  const bool later =
      !ordered.empty() && std::find(later_verbs.begin(), later_verbs.end(), ordered[0]) != later_verbs.end();
  if (later)
    return {.options = {}, .text = "holdfast: " + ordered[0] + ": not supported yet\n", .exit_code = usage};
  if (ordered.empty())
    return {.options = {}, .text = Grammar(version).parse({"--help"}).text, .exit_code = usage};
  return Grammar(version).parse(std::move(ordered));
}

} // namespace holdfast::client
