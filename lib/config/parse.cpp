#include "config/parse.h"

#include "config/characters.h"

#include <algorithm>
#include <exception>
#include <sstream>
#include <string>
#include <unordered_set>
#include <utility>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

namespace holdfast::config {
namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

/// A mistake after which the rest of the file cannot be understood.
struct Fatal : std::exception {
  Fatal(Place at, Flaw what) : place(std::move(at)), flaw(std::move(what)) {}
  Place place;
  Flaw flaw;
};

Place place_of_offset(const SourcePtr& source, std::size_t offset) {
  const std::string_view before = std::string_view(source->text).substr(0, offset);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const std::size_t start = before.rfind('\n') + 1; // npos + 1 is 0
  return {source, static_cast<int>(line), static_cast<int>(offset - start) + 1, 1};
}

/// Length of the quoted scalar at the front of `text` with its quotes; npos where the closing one is missing,
/// which yaml-cpp takes for the end of the text.
std::size_t quoted_length(std::string_view text) {
  const char quote = text.front();
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (quote == '"' && text[i] == '\\')
      ++i;
    else if (text[i] != quote)
      continue;
    else if (quote == '\'' && text.substr(i + 1).starts_with('\''))
      ++i;
    else
      return i + 1;
  }
  return std::string_view::npos;
}

/// Builds the tree from yaml-cpp's events. Each event comes before yaml-cpp descends into what it announces:
/// depth and number are bounded here before they cost stack or memory there.
class Builder : public YAML::EventHandler {
public:
  Builder(SourcePtr source, Report& report) : source_(std::move(source)), report_(report) {}

  [[nodiscard]] NodePtr root() const { return root_; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    // Without this a stray comma would be an endless row of empty documents.
    if (std::exchange(in_document_, true))
      throw Fatal(place(mark), {"a second document", "a file holds one"});
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    // The mark of a null is where the next thing stands; what it belongs to is the place to show.
    Node node{.kind = Kind::null, .place = open_.empty() ? place(mark) : last_};
    refuse_anchor(anchor, node);
    add(std::move(node));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    broken(place(mark), {"aliases are not allowed", "write the value out"});
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    Node node{.kind = Kind::scalar, .plain = tag == "?", .text = text, .place = place(mark)};
    measure(node);
    if (!is_text(text)) return broken(node.place, {"escapes that make a NUL or no UTF-8", {}});
    refuse_tag(tag == "!" && !is_quoted_at(mark) ? "! " : tag, node);
    refuse_anchor(anchor, node);
    add(std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open({.kind = Kind::list, .place = place(mark)}, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open({.kind = Kind::map, .place = place(mark)}, tag, anchor);
  }
  void OnMapEnd() override { close(); }

private:
  /// A list or map whose end has not come yet.
  struct Frame {
    Node node;
    std::unordered_set<std::string> keys;
    bool has_key = false; ///< a map's key has come, its value has not
    std::string key;
    Place key_place;
  };

  Place place(const YAML::Mark& mark) const { return {source_, mark.line + 1, mark.column + 1, 1}; }

  std::string_view text_at(const YAML::Mark& mark) const {
    return std::string_view(source_->text).substr(std::min(offset(mark), source_->text.size()));
  }

  /// yaml-cpp does not count the byte order mark.
  std::size_t offset(const YAML::Mark& mark) const {
    const std::size_t skipped = source_->text.starts_with(byte_order_mark) ? byte_order_mark.size() : 0;
    return static_cast<std::size_t>(std::max(mark.pos, 0)) + skipped;
  }

  bool is_quoted_at(const YAML::Mark& mark) const {
    const std::string_view text = text_at(mark);
    return !text.empty() && std::string_view("\"'|>").find(text.front()) != std::string_view::npos;
  }

  /// How much of its line a scalar takes, and whether its closing quote is there.
  void measure(Node& node) const {
    const std::string_view line = source_->line(node.place.line);
    const auto column = static_cast<std::size_t>(node.place.column) - 1;
    if (column >= line.size()) return;
    const std::string_view here = line.substr(column);
    std::size_t length = node.text.size();
    if (here.starts_with('"') || here.starts_with('\'')) {
      const std::size_t start = static_cast<std::size_t>(here.data() - source_->text.data());
      length = quoted_length(std::string_view(source_->text).substr(start));
      if (length == std::string_view::npos) throw Fatal(node.place, {"the closing quote is missing", {}});
    } else if (!node.plain) {
      length = 1;
    }
    node.place.length = static_cast<int>(std::clamp<std::size_t>(length, 1, here.size()));
  }

  void refuse_anchor(YAML::anchor_t anchor, Node& node) {
    if (anchor == 0) return;
    report_.error(node.place, {}, {"anchors are not allowed", "write the value out"});
    node.kind = node.kind == Kind::scalar || node.kind == Kind::null ? Kind::broken : node.kind;
  }

  void refuse_tag(const std::string& tag, Node& node) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    report_.error(node.place, {}, {"tags are not allowed", "leave it out"});
    node.kind = node.kind == Kind::scalar ? Kind::broken : node.kind;
  }

  void broken(const Place& at, Flaw flaw) {
    report_.error(at, {}, std::move(flaw));
    add({.kind = Kind::broken, .place = at});
  }

  void open(Node node, const std::string& tag, YAML::anchor_t anchor) {
    if (open_.size() == deepest) throw Fatal(node.place, {"more than 32 levels", {}});
    count(node.place);
    refuse_tag(tag, node);
    refuse_anchor(anchor, node);
    if (wants_key()) throw Fatal(node.place, {"a list or keys in the place of a key", "a key is text"});
    last_ = node.place;
    Frame frame;
    frame.node = std::move(node);
    open_.push_back(std::move(frame));
  }

  void close() {
    Node node = std::move(open_.back().node);
    open_.pop_back();
    attach(std::make_shared<Node>(std::move(node)));
  }

  void count(const Place& at) {
    if (++nodes_ > most_nodes) throw Fatal(at, {"more than " + std::to_string(most_nodes) + " values", {}});
  }

  void add(Node node) {
    count(node.place);
    if (wants_key()) return take_key(node);
    attach(std::make_shared<Node>(std::move(node)));
  }

  bool wants_key() const {
    return !open_.empty() && open_.back().node.kind == Kind::map && !open_.back().has_key;
  }

  void take_key(const Node& node) {
    Frame& frame = open_.back();
    frame.has_key = true;
    frame.key = node.text;
    frame.key_place = node.place;
    last_ = node.place;
    if (node.kind == Kind::null) report_.error(node.place, {}, {"a key is missing", "a key is text"});
    if (node.kind == Kind::scalar && node.plain && node.text == "<<")
      report_.error(node.place, {}, {"merge keys are not allowed", "write the values out"});
  }

  void attach(NodePtr node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& frame = open_.back();
    last_ = node->place;
    if (frame.node.kind == Kind::map)
      attach_value(frame, std::move(node));
    else
      frame.node.items.push_back(std::move(node));
  }

  /// A map keeps the first value of each key; a key that was refused keeps none.
  void attach_value(Frame& frame, NodePtr value) {
    frame.has_key = false;
    if (frame.key.empty() || frame.key == "<<") return;
    if (!frame.keys.insert(frame.key).second)
      return report_.error(frame.key_place, {}, {"duplicate key " + in_quotes(frame.key), first_at(frame)});
    frame.node.entries.push_back({std::move(frame.key), frame.key_place, std::move(value)});
  }

  static std::string first_at(const Frame& frame) {
    const Entry* first = frame.node.find(frame.key);
    return "it is already in line " + std::to_string(first->place.line);
  }

  SourcePtr source_;
  Report& report_;
  NodePtr root_;
  Place last_;
  std::vector<Frame> open_;
  std::size_t nodes_ = 0;
  bool in_document_ = false;
};

NodePtr parse_text(const SourcePtr& source, Report& report) {
  Builder builder(source, report);
  std::istringstream text(source->text);
  YAML::Parser parser(text);
  while (parser.HandleNextDocument(builder)) {
  }
  if (builder.root()) return builder.root();
  return std::make_shared<Node>(Node{.kind = Kind::map, .place = {source, 1, 1, 1}});
}

/// yaml-cpp's words begin small and end without a stop, as ours do.
Flaw not_yaml(const YAML::Exception& error) {
  return {"not YAML: " + printable(error.msg), {}};
}

} // namespace

NodePtr parse(const SourcePtr& source, Report& report) {
  if (const auto bad = find_bad_character(source->text)) {
    report.error(place_of_offset(source, bad->offset), {},
                 {bad->what + " in the file", "it must be text in UTF-8"});
    return nullptr;
  }
  try {
    return parse_text(source, report);
  } catch (const Fatal& fatal) {
    report.error(fatal.place, {}, fatal.flaw);
  } catch (const YAML::Exception& error) {
    const Place place{source, std::max(error.mark.line, 0) + 1, std::max(error.mark.column, 0) + 1, 1};
    report.error(place, {}, not_yaml(error));
  }
  return nullptr;
}

} // namespace holdfast::config
